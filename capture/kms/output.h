/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kms_output: a connector and the CRTC that drives it at present. */
#ifndef ZEROVNC_KMS_OUTPUT_H
#define ZEROVNC_KMS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "capture/kms/device.h"
#include "capture/kms/properties.h"

enum { KMS_MAX_OUTPUTS = 32 };

enum kms_output_state {
	KMS_OUTPUT_LIT,
	KMS_OUTPUT_ASLEEP,       /* has a CRTC that is switched off: power saving */
	KMS_OUTPUT_OFF,          /* something is plugged in, nothing drives it */
	KMS_OUTPUT_DISCONNECTED, /* nothing is plugged in, nothing drives it */
};

struct kms_output {
	uint32_t connector_id;
	char name[40]; /* "HDMI-A-1", as everywhere else */
	bool connected;
	enum kms_output_state state;
	uint32_t crtc_id, crtc_index;  /* crtc_id 0: none */
	uint32_t width, height;        /* of the CRTC's mode; 0 if it has none */
	uint32_t x, y;                 /* of the CRTC in its framebuffer, for drivers that are not atomic */
	uint32_t refresh_mhz;          /* in thousandths of a hertz; 0 if unknown */
	uint32_t crtc_property;        /* the id of the connector's property CRTC_ID */
	uint32_t dpms_property;        /* the id of the connector's property DPMS */
	uint32_t active_property;      /* the id of the CRTC's property ACTIVE */
	uint32_t active_property_crtc; /* the CRTC that active_property belongs to */
};

/* The properties that a look at an output has read, for others who need more of them, of the same moment. */
struct kms_output_look {
	struct kms_properties connector;
	struct kms_properties crtc; /* none if there is no CRTC, or no mode */
};

/* Lists the card's connectors in the kernel's order, without probing any. 0 or -errno. */
int kms_output_list(
	const struct kms_device *device, struct kms_output outputs[KMS_MAX_OUTPUTS], size_t *count);
/* The same, into a list of before that is of the same open card. It is cheaper: what is fixed is not asked
 * for again. */
int kms_output_list_again(
	const struct kms_device *device, struct kms_output outputs[KMS_MAX_OUTPUTS], size_t *count);

/* Looks again at what drives the connector, and updates everything but the name and the ids. Fills `look`. 0
 * or -errno (-ENOENT: the connector no longer exists). */
int kms_output_refresh(
	const struct kms_device *device, struct kms_output *output, struct kms_output_look *look);

/* Says in words why an output that is not lit shows nothing, and what would help. */
void kms_output_explain(
	const struct kms_device *device, const struct kms_output *output, struct reason *reason);

/* The same for an output that is lit though nothing is drawn on it. Checks whether its monitor is still
 * there. */
void kms_output_explain_bare(
	const struct kms_device *device, struct kms_output *output, struct reason *reason);

/* The refresh rate of a mode in thousandths of a hertz. 0 if its numbers make no sense. */
struct _drmModeModeInfo; /* libdrm's drmModeModeInfo */
uint32_t kms_output_mode_refresh(const struct _drmModeModeInfo *mode);

const char *kms_output_state_name(enum kms_output_state state);

#endif
