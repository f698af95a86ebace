/* SPDX-License-Identifier: GPL-2.0-or-later */
/* film: pictures that move like a film, and what puts them into a picture store. */
#ifndef ZEROVNC_TEST_FILM_H
#define ZEROVNC_TEST_FILM_H

#include "capture/base/rect.h"
#include "capture/draw/canvas.h"
#include "encode/picture.h"

/* Draws frame `number` into a part of the canvas: clouds of several sizes in all colours, which drift at
 * different speeds. So nothing in it only moves, and all of it changes. */
void film_draw(struct canvas *canvas, struct rect part, unsigned number);

/* Publishes the canvas. Its damage is what differs from what was published last, to the pixel. */
void film_publish(struct picture_store *store, const struct canvas *canvas);

#endif
