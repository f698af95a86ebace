/* SPDX-License-Identifier: GPL-2.0-or-later */
/* veil: a notice that a viewer is shown in place of the screen, as pictures in a store of its own. No pixel
 * of the screen is in it. Loop thread. */
#ifndef ZEROVNC_VEIL_H
#define ZEROVNC_VEIL_H

#include <stdint.h>

struct picture_store;
struct veil;

/* The texts are borrowed until destroy. NULL: out of memory. */
struct veil *veil_create(const char *headline, const char *words);
/* Nobody may still hold a picture: call it after encoders_destroy(). Takes NULL. */
void veil_destroy(struct veil *veil);

/* The store, whose newest picture has this size from now on, if memory suffices. Width 0: a size of the
 * veil's own. Whoever looks at the store already must be told (encoders_published()). */
struct picture_store *veil_fit(struct veil *veil, uint32_t width, uint32_t height);

#endif
