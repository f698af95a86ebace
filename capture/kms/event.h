/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event: what a DRM file gives to read: events one behind the other, each with its length (drm.h). */
#ifndef ZEROVNC_KMS_EVENT_H
#define ZEROVNC_KMS_EVENT_H

#include <drm.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The event at `*at` of so many bytes that were read; `*at` is where the next one is then. False: there is
 * none. What comes behind a length that cannot be is not looked at. */
static inline bool kms_event_next(const char *bytes, size_t size, size_t *at, struct drm_event *event) {
	if (*at + sizeof *event > size)
		return false;
	memcpy(event, bytes + *at, sizeof *event);
	*at = event->length < sizeof *event ? size : *at + event->length;
	return true;
}

#endif
