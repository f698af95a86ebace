/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel in plain C, whose vector is one pixel. */
#include "encode/cpu/pixel.h"

typedef uint32_t vector;
#define VECTOR_PIXELS          1
#define vector_load_picture(p) (*(p))
#define vector_store(p, v)     (*(p) = (v))
#define vector_xor(a, b)       ((a) ^ (b))
#define vector_or(a, b)        ((a) | (b))
#define vector_zero()          0
#define vector_mask(v)         ((v)&0xffffff)
#define vector_colours(v)      (((v)&0xffffff) != 0)
#define vector_same(a, b)      ((a) == (b))
#define load_XRGB8888          pixel_XRGB8888
#define load_XBGR8888          pixel_XBGR8888
#define load_RGBX8888          pixel_RGBX8888
#define load_BGRX8888          pixel_BGRX8888
#define load_RGB565            pixel_RGB565
#define load_XRGB2101010       pixel_XRGB2101010
#define load_XBGR2101010       pixel_XBGR2101010
#define load_RGB888            pixel_RGB888
#define load_BGR888            pixel_BGR888

#include "encode/cpu/rows.h"

ROWS_KERNEL(kernel_c, "plain C")
