/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kms_stack: the planes that are lit on one CRTC, the lowest first, and what they show. The cursor's planes
 * are not among them.
 *
 * Any atomic commit may light another plane, and drivers have a dozen of them that are dark nearly always. So
 * the dark ones are asked only if a plane that is lit shows another framebuffer than before, or if it is
 * time. Without atomic modesetting the kernel does not say where a plane lies: there, only one is taken.
 */
#ifndef ZEROVNC_KMS_STACK_H
#define ZEROVNC_KMS_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"
#include "capture/kms/device.h"
#include "capture/kms/output.h"
#include "capture/kms/plane.h"

struct kms_stack {
	uint32_t crtc_id; /* 0: nothing was looked for yet */
	struct kms_stack_entry {
		const struct kms_plane *plane; /* borrowed: one of the card's */
		struct kms_plane_state state;  /* as of the last kms_stack_read() */
	} entries[FRAME_MAX_LAYERS];
	size_t count;
};

/* Forgets everything: other planes, or another CRTC. */
void kms_stack_reset(struct kms_stack *stack);

/*
 * Adds the planes that are lit on the output's CRTC by now, of all `count` planes of the card, which must
 * stay as long as the stack is used. Costs one GETPLANE for each that is dark. Returns whether there are new
 * ones; their state is not read yet.
 */
bool kms_stack_find(struct kms_stack *stack, const struct kms_device *device, const struct kms_output *output,
	const struct kms_plane *planes, size_t count);

/*
 * Reads what each shows, and drops those that are not lit on this CRTC any more. `changed`: some show another
 * framebuffer than before, or are gone, or this is the first time. 0 or -errno (-ENODEV: the card is gone).
 */
int kms_stack_read(struct kms_stack *stack, const struct kms_device *device, bool *changed);

/*
 * Asks each plane for its framebuffer. `token` becomes a number that differs if the ids do. 0; -ENODEV;
 * -ENOENT: one of the planes is not lit on this CRTC any more, which the token tells, too.
 */
int kms_stack_peek(const struct kms_stack *stack, const struct kms_device *device, uint64_t *token);

/* Returns that number for what was read last. */
uint64_t kms_stack_token(const struct kms_stack *stack);

#endif
