/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drmMode.h>

void kms_stack_reset(struct kms_stack *stack) {
	memset(stack, 0, sizeof *stack);
}

static bool holds(const struct kms_stack *stack, const struct kms_plane *plane) {
	for (size_t i = 0; i < stack->count; i++)
		if (stack->entries[i].plane->id == plane->id)
			return true;
	return false;
}

static bool is_lit(const struct kms_device *device, const struct kms_plane *plane, uint32_t crtc_id) {
	uint32_t fb_id, on;
	return kms_plane_peek(device, plane->id, &fb_id, &on) == 0 && fb_id && on == crtc_id;
}

/* Adds those of a type. Returns whether there are any. */
static bool find_of(struct kms_stack *stack, const struct kms_device *device, const struct kms_output *output,
	const struct kms_plane *planes, size_t count, uint32_t type) {
	size_t before = stack->count, most = device->atomic ? FRAME_MAX_LAYERS : 1;
	for (size_t i = 0; i < count && stack->count < most; i++) {
		const struct kms_plane *plane = &planes[i];
		if (plane->type == type && plane->possible_crtcs & 1u << output->crtc_index &&
			!holds(stack, plane) && is_lit(device, plane, output->crtc_id))
			stack->entries[stack->count++] = (struct kms_stack_entry){.plane = plane};
	}
	return stack->count > before;
}

bool kms_stack_find(struct kms_stack *stack, const struct kms_device *device, const struct kms_output *output,
	const struct kms_plane *planes, size_t count) {
	if (stack->crtc_id != output->crtc_id)
		kms_stack_reset(stack);
	stack->crtc_id = output->crtc_id;
	bool primary = find_of(stack, device, output, planes, count, DRM_PLANE_TYPE_PRIMARY);
	bool overlay = find_of(stack, device, output, planes, count, DRM_PLANE_TYPE_OVERLAY);
	return primary || overlay;
}

/* Planes of the same zpos lie in the order of their ids (drm_blend.c of the kernel). Drivers without that
 * property have their primary plane at the bottom. */
static int compare(const void *one, const void *other) {
	const struct kms_stack_entry *a = one, *b = other;
	bool a_above = a->plane->type != DRM_PLANE_TYPE_PRIMARY;
	bool b_above = b->plane->type != DRM_PLANE_TYPE_PRIMARY;
	if (a->state.zpos != b->state.zpos)
		return a->state.zpos < b->state.zpos ? -1 : 1;
	if (!a->plane->property[KMS_PLANE_ZPOS] && a_above != b_above)
		return a_above ? 1 : -1;
	return a->plane->id < b->plane->id ? -1 : a->plane->id > b->plane->id;
}

int kms_stack_read(struct kms_stack *stack, const struct kms_device *device, bool *changed) {
	size_t kept = 0;
	*changed = stack->count == 0;
	for (size_t i = 0; i < stack->count; i++) {
		struct kms_stack_entry entry = stack->entries[i];
		int error = kms_plane_read(device, entry.plane, &entry.state);
		if (error == -ENODEV)
			return error;
		bool lit = !error && entry.state.fb_id && entry.state.crtc_id == stack->crtc_id;
		*changed |= !lit || entry.state.fb_id != stack->entries[i].state.fb_id;
		if (lit)
			stack->entries[kept++] = entry;
	}
	stack->count = kept;
	qsort(stack->entries, kept, sizeof *stack->entries, compare);
	return 0;
}

static uint64_t mix(uint64_t token, uint32_t fb_id) {
	return (token ^ fb_id) * UINT64_C(0x9e3779b97f4a7c15);
}

int kms_stack_peek(const struct kms_stack *stack, const struct kms_device *device, uint64_t *token) {
	int result = 0;
	*token = 0;
	for (size_t i = 0; i < stack->count; i++) {
		uint32_t fb_id = 0, crtc_id = 0;
		int error = kms_plane_peek(device, stack->entries[i].plane->id, &fb_id, &crtc_id);
		if (error == -ENODEV)
			return error;
		if (error || !fb_id || crtc_id != stack->crtc_id) {
			result = -ENOENT;
			fb_id = 0;
		}
		*token = mix(*token, fb_id);
	}
	return result;
}

uint64_t kms_stack_token(const struct kms_stack *stack) {
	uint64_t token = 0;
	for (size_t i = 0; i < stack->count; i++)
		token = mix(token, stack->entries[i].state.fb_id);
	return token;
}
