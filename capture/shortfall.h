/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shortfall: what the monitor shows and the frames do not. */
#ifndef ZEROVNC_SHORTFALL_H
#define ZEROVNC_SHORTFALL_H

struct shortfall {
	char text[320];      /* for the administrator; "" if nothing is known to be missing */
	const char *missing; /* for people who look at the picture, if content is missing altogether; static;
				NULL if it is not */
};

/* The value of `missing` if planes are left out. */
extern const char shortfall_planes[];

#endif
