/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exposures: those that are wanted of parts of the picture, and those that a picture has (encode/camera.h).
 * One thread at a time uses a list. */
#ifndef ZEROVNC_EXPOSURES_H
#define ZEROVNC_EXPOSURES_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/base/rect.h"
#include "encode/camera.h"

enum { EXPOSURES_MAX = 4 };

/* A part of the picture, and a use of what takes it. */
struct exposures_want {
	struct rect place;
	struct camera *camera;
};

struct exposures_wanted {
	struct exposures_want list[EXPOSURES_MAX];
	uint32_t count;
};

/* Replaces a list by another one, whose cameras it uses, too. */
void exposures_want(struct exposures_wanted *wanted, const struct exposures_wanted *others);

/* All exposures of one picture; each has one use. */
struct exposures {
	struct exposures_one {
		struct rect place;
		struct exposure *exposure;
		uint64_t generation; /* of the picture that it is of; 0: that is not published */
	} list[EXPOSURES_MAX];
	uint32_t count;
};

void exposures_clear(struct exposures *exposures);
/* Replaces a list by what another one has, of which it uses everything, too. */
void exposures_copy(struct exposures *exposures, const struct exposures *others);
/* Drops those of places that are not wanted. */
void exposures_keep(struct exposures *exposures, const struct exposures_wanted *wanted);
/* Takes over one use of the exposure, in place of an older one of the same place. */
void exposures_add(struct exposures *exposures, const struct rect *place, struct exposure *exposure);
/* What was added has this generation now. */
void exposures_publish(struct exposures *exposures, uint64_t generation);
/* Forgets what was added and not published. */
void exposures_cancel(struct exposures *exposures);
/* NULL: there is none of exactly this place. */
const struct exposures_one *exposures_find(const struct exposures *exposures, const struct rect *place);

#endif
