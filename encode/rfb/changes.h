/* SPDX-License-Identifier: GPL-2.0-or-later */
/* changes: the parts of a viewer's framebuffer that changed since a picture that it saw. Pure; one thread
 * uses it. */
#ifndef ZEROVNC_CHANGES_H
#define ZEROVNC_CHANGES_H

#include <stddef.h>
#include <stdint.h>

#include "capture/base/rect.h"
#include "encode/damage.h"
#include "encode/picture.h"
#include "encode/rfb/framebuffer.h"

struct changes {
	struct rect *list; /* owned; they do not overlap */
	size_t count, capacity;
	struct damage damage;
};

void changes_init(struct changes *changes);
void changes_finish(struct changes *changes);

/* Lists what changed after generation `seen`, as far as the framebuffer has it. 0, or -ENOMEM. */
int changes_find(struct changes *changes, const struct picture *picture, uint64_t seen,
	const struct framebuffer *framebuffer);

#endif
