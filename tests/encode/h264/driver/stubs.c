/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the library calls without asking whether there is such a thing, and what there is nothing of. */
#include "tests/encode/h264/driver/driver.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"

static VAStatus set_image_palette(VADriverContextP context, VAImageID image, unsigned char *palette) {
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus create_subpicture(VADriverContextP context, VAImageID image, VASubpictureID *subpicture) {
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus destroy_subpicture(VADriverContextP context, VASubpictureID subpicture) {
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus set_subpicture_image(VADriverContextP context, VASubpictureID subpicture, VAImageID image) {
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus set_subpicture_chromakey(VADriverContextP context, VASubpictureID subpicture,
	unsigned chromakey_min, unsigned chromakey_max, unsigned chromakey_mask) {
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus set_subpicture_global_alpha(
	VADriverContextP context, VASubpictureID subpicture, float global_alpha) {
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus associate_subpicture(VADriverContextP context, VASubpictureID subpicture,
	VASurfaceID *target_surfaces, int num_surfaces, short src_x, short src_y, unsigned short src_width,
	unsigned short src_height, short dest_x, short dest_y, unsigned short dest_width,
	unsigned short dest_height, unsigned flags) {
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus deassociate_subpicture(
	VADriverContextP context, VASubpictureID subpicture, VASurfaceID *target_surfaces, int num_surfaces) {
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus get_display_attributes(
	VADriverContextP context, VADisplayAttribute *attr_list, int num_attributes) {
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus set_display_attributes(
	VADriverContextP context, VADisplayAttribute *attr_list, int num_attributes) {
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus query_surface_error(
	VADriverContextP context, VASurfaceID render_target, VAStatus error_status, void **error_info) {
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus put_surface(VADriverContextP context, VASurfaceID surface, void *draw, short srcx, short srcy,
	unsigned short srcw, unsigned short srch, short destx, short desty, unsigned short destw,
	unsigned short desth, VARectangle *cliprects, unsigned number_cliprects, unsigned flags) {
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus lock_surface(VADriverContextP context, VASurfaceID surface, unsigned *fourcc,
	unsigned *luma_stride, unsigned *chroma_u_stride, unsigned *chroma_v_stride, unsigned *luma_offset,
	unsigned *chroma_u_offset, unsigned *chroma_v_offset, unsigned *buffer_name, void **buffer) {
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus unlock_surface(VADriverContextP context, VASurfaceID surface) {
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus create_surfaces(VADriverContextP context, int width, int height, int format, int num_surfaces,
	VASurfaceID *surfaces) {
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus query_subpicture_formats(
	VADriverContextP context, VAImageFormat *formats, unsigned *flags, unsigned *count) {
	*count = 0;
	return VA_STATUS_SUCCESS;
}

static VAStatus query_display_attributes(
	VADriverContextP context, VADisplayAttribute *attributes, int *count) {
	*count = 0;
	return VA_STATUS_SUCCESS;
}

void stubs_fill(struct VADriverVTable *table) {
	table->vaSetImagePalette = set_image_palette;
	table->vaCreateSubpicture = create_subpicture;
	table->vaDestroySubpicture = destroy_subpicture;
	table->vaSetSubpictureImage = set_subpicture_image;
	table->vaSetSubpictureChromakey = set_subpicture_chromakey;
	table->vaSetSubpictureGlobalAlpha = set_subpicture_global_alpha;
	table->vaAssociateSubpicture = associate_subpicture;
	table->vaDeassociateSubpicture = deassociate_subpicture;
	table->vaGetDisplayAttributes = get_display_attributes;
	table->vaSetDisplayAttributes = set_display_attributes;
	table->vaQuerySurfaceError = query_surface_error;
	table->vaPutSurface = put_surface;
	table->vaLockSurface = lock_surface;
	table->vaUnlockSurface = unlock_surface;
	table->vaCreateSurfaces = create_surfaces;
	table->vaQuerySubpictureFormats = query_subpicture_formats;
	table->vaQueryDisplayAttributes = query_display_attributes;
}
