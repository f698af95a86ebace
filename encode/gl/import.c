/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/import.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "capture/dmabuf.h"
#include "encode/pixel_format.h"

enum { WAIT_MS = 1000 };

void import_init(struct import *import, struct egl *egl) {
	memset(import, 0, sizeof *import);
	import->egl = egl;
}

static void drop_texture(struct egl *egl, struct import_texture *texture) {
	if (texture->image == EGL_NO_IMAGE_KHR)
		return;
	egl->gl.DeleteTextures(1, &texture->name);
	egl->DestroyImage(egl->display, texture->image);
	*texture = (struct import_texture){.image = EGL_NO_IMAGE_KHR};
}

static void drop_entry(struct import *import, struct import_entry *entry) {
	drop_texture(import->egl, &entry->texture);
	drop_texture(import->egl, &entry->chroma);
	memset(entry, 0, sizeof *entry);
}

void import_drop_all(struct import *import) {
	for (int i = 0; i < IMPORT_CACHE; i++)
		drop_entry(import, &import->entries[i]);
}

void import_finish(struct import *import) {
	if (!import->egl)
		return;
	import_drop_all(import);
	palette_finish(&import->palette);
	memset(import, 0, sizeof *import);
}

void import_begin_frame(struct import *import, int layers) {
	enum { BUFFERS = IMPORT_CACHE / FRAME_MAX_LAYERS }; /* that a client flips between */
	import->frame++;
	import->room = layers * BUFFERS > IMPORT_LEAST ? layers * BUFFERS : IMPORT_LEAST;
	for (int i = 0; i < IMPORT_CACHE; i++) {
		struct import_entry *entry = &import->entries[i];
		if (import->frame - entry->used > IMPORT_AGE)
			drop_entry(import, entry);
	}
}

/* --- what may be asked of GL at all --- */

/* How far a plane of a linear framebuffer reaches, in bytes from the start of the buffer. */
static uint64_t linear_end(const struct frame_layer *layer, const struct pixel_format *format, int plane) {
	uint64_t rows = pixel_format_rows(format, plane, layer->height);
	return layer->planes[plane].offset + (rows - 1) * layer->planes[plane].pitch +
	       pixel_format_row_bytes(format, plane, layer->width);
}

static int check_plane(
	const struct frame_layer *layer, const struct pixel_format *format, int i, struct reason *reason) {
	const struct frame_plane *plane = &layer->planes[i];
	/* Tiling and compression have layouts of their own. (The planes after the format's own are for
	 * compression.) All that is certain is that a plane begins in its buffer. */
	bool linear = i < format->planes && frame_layer_may_be_linear(layer);
	if (plane->fd < 0)
		return reason_set(reason, -EINVAL, "plane %d has no dma-buf", i);
	int64_t size = dmabuf_size(plane->fd);
	if (size < 0)
		return reason_set(reason, -EINVAL, "plane %d is no dma-buf: %s", i, strerror((int)-size));
	if (plane->offset > INT32_MAX || plane->pitch > INT32_MAX)
		return reason_set(reason, -EINVAL,
			"plane %d: offset %u and pitch %u are beyond what EGL takes", i, plane->offset,
			plane->pitch);
	uint64_t end = linear ? linear_end(layer, format, i) : (uint64_t)plane->offset + 1;
	if (linear && plane->pitch < pixel_format_row_bytes(format, i, layer->width))
		return reason_set(reason, -EINVAL, "plane %d: a pitch of %u bytes for %u pixels of %s", i,
			plane->pitch, layer->width, format->name);
	if (end > (uint64_t)size)
		return reason_set(reason, -EINVAL, "plane %d reaches to byte %llu of a dma-buf of %lld bytes",
			i, (unsigned long long)end, (long long)size);
	return 0;
}

int import_check(const struct frame_layer *layer, struct reason *reason) {
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	struct pixel_format_text text;
	if (!format)
		return reason_set(reason, -ENOTSUP, "the gpu path cannot read %s",
			pixel_format_describe(layer->fourcc, &text));
	if (!layer->width || !layer->height || layer->plane_count < format->planes ||
		layer->plane_count > FRAME_MAX_PLANES)
		return reason_set(reason, -EINVAL, "a framebuffer of %ux%u in %d planes of %s", layer->width,
			layer->height, layer->plane_count, format->name);
	if (format->model == PIXEL_PALETTE && !layer->palette)
		return reason_set(
			reason, -ENOTSUP, "the palette of the framebuffer (%s) is not known", format->name);
	int error = 0;
	for (int i = 0; i < layer->plane_count && !error; i++)
		error = check_plane(layer, format, i, reason);
	return error;
}

/* --- fences --- */

/* Makes the GPU wait for the fence, which it then owns. */
static bool wait_on_gpu(struct egl *egl, int fence) {
	const EGLint attributes[] = {EGL_SYNC_NATIVE_FENCE_FD_ANDROID, fence, EGL_NONE};
	if (!egl->native_fence || !egl->wait_sync)
		return false;
	EGLSyncKHR sync = egl->CreateSync(egl->display, EGL_SYNC_NATIVE_FENCE_ANDROID, attributes);
	if (sync == EGL_NO_SYNC_KHR)
		return false;
	egl->WaitSync(egl->display, sync, 0);
	egl->DestroySync(egl->display, sync);
	return true;
}

static int wait_plane(struct egl *egl, int fd, bool *waited, struct reason *reason) {
	int fence = dmabuf_export_fence(fd);
	int pollable = fence >= 0 ? fence : fd;
	bool done = dmabuf_wait(pollable, 0) == 0;
	if (!done) {
		*waited = true;
		/* A renderer on the CPU would wait on this thread, without a time limit. */
		if (fence >= 0 && !egl->software && wait_on_gpu(egl, fence))
			return 0;
		done = dmabuf_wait(pollable, WAIT_MS) == 0;
	}
	if (fence >= 0)
		close(fence);
	return done ? 0 : import_blame_writer(reason);
}

int import_blame_writer(struct reason *reason) {
	return reason_set(reason, -ETIMEDOUT, "the framebuffer's writer had not finished after a second");
}

bool import_is_written(const struct frame_layer *layer) {
	bool written = true;
	for (int i = 0; i < layer->plane_count && written; i++)
		written = dmabuf_wait(layer->planes[i].fd, 0) == 0;
	return written;
}

int import_wait(struct egl *egl, const struct frame_layer *layer, bool *waited, struct reason *reason) {
	int error = 0;
	for (int i = 0; i < layer->plane_count && !error; i++)
		error = wait_plane(egl, layer->planes[i].fd, waited, reason);
	return error;
}

/* --- EGLImages --- */

/* 0 or -errno. */
static int fill_key(struct import_key *key, const struct frame_layer *layer) {
	memset(key, 0, sizeof *key); /* it is compared as bytes */
	key->width = layer->width;
	key->height = layer->height;
	key->fourcc = layer->fourcc;
	key->modifier = layer->modifier;
	key->encoding = layer->encoding;
	key->range = layer->range;
	key->plane_count = (uint32_t)layer->plane_count;
	for (int i = 0; i < layer->plane_count; i++) {
		int error = dmabuf_identify(layer->planes[i].fd, &key->buffers[i]);
		if (error)
			return error;
		key->offsets[i] = layer->planes[i].offset;
		key->pitches[i] = layer->planes[i].pitch;
	}
	return 0;
}

static int add_yuv_hints(const struct frame_layer *layer, EGLint *attributes, int n) {
	static const EGLint encodings[] = {
		[FRAME_ENCODING_BT601] = EGL_ITU_REC601_EXT,
		[FRAME_ENCODING_BT709] = EGL_ITU_REC709_EXT,
		[FRAME_ENCODING_BT2020] = EGL_ITU_REC2020_EXT,
	};
	attributes[n++] = EGL_YUV_COLOR_SPACE_HINT_EXT;
	attributes[n++] = encodings[layer->encoding];
	attributes[n++] = EGL_SAMPLE_RANGE_HINT_EXT;
	attributes[n++] =
		layer->range == FRAME_RANGE_FULL ? EGL_YUV_FULL_RANGE_EXT : EGL_YUV_NARROW_RANGE_EXT;
	return n;
}

static bool is_yuv(const struct frame_layer *layer) {
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	return format && format->model == PIXEL_YUV;
}

static EGLImageKHR create_image(struct egl *egl, const struct frame_layer *layer, bool with_modifier) {
	static const EGLint names[FRAME_MAX_PLANES][5] = {
#define PLANE(i)                                                                                             \
	{EGL_DMA_BUF_PLANE##i##_FD_EXT, EGL_DMA_BUF_PLANE##i##_OFFSET_EXT, EGL_DMA_BUF_PLANE##i##_PITCH_EXT, \
		EGL_DMA_BUF_PLANE##i##_MODIFIER_LO_EXT, EGL_DMA_BUF_PLANE##i##_MODIFIER_HI_EXT}
		PLANE(0), PLANE(1), PLANE(2), PLANE(3)};
#undef PLANE
	EGLint attributes[2 * (3 + 2 + 5 * FRAME_MAX_PLANES) + 1];
	int n = 0;
	attributes[n++] = EGL_WIDTH;
	attributes[n++] = (EGLint)layer->width;
	attributes[n++] = EGL_HEIGHT;
	attributes[n++] = (EGLint)layer->height;
	attributes[n++] = EGL_LINUX_DRM_FOURCC_EXT;
	attributes[n++] = (EGLint)layer->fourcc;
	for (int i = 0; i < layer->plane_count; i++) {
		const EGLint values[5] = {layer->planes[i].fd, (EGLint)layer->planes[i].offset,
			(EGLint)layer->planes[i].pitch, (EGLint)(layer->modifier & 0xffffffff),
			(EGLint)(layer->modifier >> 32)};
		for (int k = 0; k < (with_modifier ? 5 : 3); k++) {
			attributes[n++] = names[i][k];
			attributes[n++] = values[k];
		}
	}
	if (is_yuv(layer))
		n = add_yuv_hints(layer, attributes, n);
	attributes[n] = EGL_NONE;
	return egl->CreateImage(egl->display, EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, NULL, attributes);
}

/* Puts the image into the texture. This is repeated in each frame, so that the driver sees what others wrote
 * since.
 */
static bool target_texture(
	struct egl *egl, const struct import_texture *texture, enum scanout_kind kind, bool first) {
	const struct gles *gl = &egl->gl;
	GLenum target = scanout_target(kind);
	gl->BindTexture(target, texture->name);
	if (target == GL_TEXTURE_EXTERNAL_OES || gl->image)
		gl->ImageTargetTexture2D(target, texture->image);
	else if (first) /* such storage is immutable; later, binding it is all that is needed and allowed */
		gl->ImageTargetTexStorage(target, texture->image, NULL);
	return gles_error(gl) == NULL;
}

static bool target_entry(struct egl *egl, const struct import_entry *entry) {
	egl->gl.ActiveTexture(GL_TEXTURE0);
	if (entry->kind == SCANOUT_PLANES && !target_texture(egl, &entry->chroma, entry->kind, false))
		return false;
	return target_texture(egl, &entry->texture, entry->kind, false);
}

/* On failure nothing is left of it. */
static bool make_texture(struct egl *egl, struct import_texture *texture, const struct frame_layer *layer,
	enum scanout_kind kind, bool with_modifier) {
	const struct gles *gl = &egl->gl;
	GLenum target = scanout_target(kind);
	texture->image = create_image(egl, layer, with_modifier);
	if (texture->image == EGL_NO_IMAGE_KHR)
		return false;
	gl->GenTextures(1, &texture->name);
	gl->ActiveTexture(GL_TEXTURE0);
	if (!target_texture(egl, texture, kind, true)) {
		drop_texture(egl, texture);
		return false;
	}
	gles_sample_texels(gl, target);
	return true;
}

static bool can_2d(const struct gles *gl) {
	return gl->image || gl->image_storage;
}

static bool can_external(const struct gles *gl) {
	return gl->image_external && (gl->version < 30 || gl->image_external_essl3);
}

/* One plane of a YUV layer, or its packed samples in another interpretation, as a layer of its own. */
static struct frame_layer view_of(const struct frame_layer *layer, const struct pixel_view *view) {
	struct frame_layer part = *layer;
	part.fourcc = view->fourcc;
	part.width = (layer->width + view->columns - 1) / view->columns;
	part.height = (layer->height + view->rows - 1) / view->rows;
	part.plane_count = 1;
	part.planes[0] = layer->planes[view->plane];
	return part;
}

/* Decoding YUV ourselves is exact and the same in every shader. Compressed data cannot be split into planes.
 */
static bool try_planes(
	struct egl *egl, struct import_entry *entry, const struct frame_layer *layer, bool with_modifier) {
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	struct frame_layer luma = view_of(layer, &format->luma), chroma = view_of(layer, &format->chroma);
	entry->kind = SCANOUT_PLANES;
	if (layer->plane_count != format->planes ||
		!make_texture(egl, &entry->chroma, &chroma, entry->kind, with_modifier))
		return false;
	if (make_texture(egl, &entry->texture, &luma, entry->kind, with_modifier))
		return true;
	drop_texture(egl, &entry->chroma);
	return false;
}

static bool try_whole(struct egl *egl, struct import_entry *entry, const struct frame_layer *layer,
	enum scanout_kind kind, bool with_modifier) {
	entry->kind = kind;
	return make_texture(egl, &entry->texture, layer, kind, with_modifier);
}

/* The numbers of colours. */
static bool try_numbers(
	struct egl *egl, struct import_entry *entry, const struct frame_layer *layer, bool with_modifier) {
	struct frame_layer numbers = view_of(layer, &pixel_format_find(layer->fourcc)->luma);
	entry->kind = SCANOUT_PALETTE;
	return make_texture(egl, &entry->texture, &numbers, entry->kind, with_modifier);
}

/* Tries one way to import. On failure nothing is left of it. */
static bool try_import(
	struct egl *egl, struct import_entry *entry, const struct frame_layer *layer, bool with_modifier) {
	if (pixel_format_find(layer->fourcc)->model == PIXEL_PALETTE)
		return can_2d(&egl->gl) && try_numbers(egl, entry, layer, with_modifier);
	/* Mesa also accepts a whole YUV framebuffer as a 2D texture, but then shows only its first plane. */
	bool yuv = is_yuv(layer);
	if (can_2d(&egl->gl) && (yuv ? try_planes(egl, entry, layer, with_modifier)
				     : try_whole(egl, entry, layer, SCANOUT_TEXTURE, with_modifier)))
		return true;
	return can_external(&egl->gl) &&
	       try_whole(egl, entry, layer, yuv ? SCANOUT_SAMPLED : SCANOUT_EXTERNAL, with_modifier);
}

static int check_display(const struct egl *egl, const struct frame_layer *layer, struct reason *reason) {
	struct pixel_format_text text;
	if (!egl->dmabuf_import)
		return reason_set(reason, -ENOTSUP, "%s (%s) lacks EGL_EXT_image_dma_buf_import",
			egl->gl.renderer, egl->platform);
	if (!egl->import_safe)
		return reason_set(reason, -ENOTSUP,
			"%s draws in software and not on the card's own node (%s): it would crash on the framebuffer",
			egl->gl.renderer, egl->platform);
	if (!can_2d(&egl->gl) && !can_external(&egl->gl))
		return reason_set(reason, -ENOTSUP, "%s lacks GL_OES_EGL_image and GL_OES_EGL_image_external",
			egl->gl.renderer);
	if (!frame_layer_may_be_linear(layer) && !egl->dmabuf_modifiers)
		return reason_set(reason, -ENOTSUP,
			"the framebuffer is %s and %s lacks EGL_EXT_image_dma_buf_import_modifiers",
			pixel_format_describe_modifier(layer->modifier, &text), egl->gl.renderer);
	return 0;
}

static int create_entry(struct import *import, struct import_entry *entry, const struct frame_layer *layer,
	struct reason *reason) {
	struct egl *egl = import->egl;
	struct pixel_format_text format, modifier;
	int error = check_display(egl, layer, reason);
	if (!error)
		error = gles_check_size(&egl->gl, layer->width, layer->height, reason);
	if (error)
		return error;
	import->created++;
	bool given = layer->modifier != DRM_FORMAT_MOD_INVALID;
	if (given && egl->dmabuf_modifiers && try_import(egl, entry, layer, true))
		return 0;
	/* Without its modifier a tiled buffer would be read as noise. Only these really have none. */
	if (frame_layer_may_be_linear(layer) && try_import(egl, entry, layer, false))
		return 0;
	return reason_set(reason, -ENOTSUP, "%s refuses to import %ux%u %s, %s (EGL error 0x%x%s%s)",
		egl->gl.renderer, layer->width, layer->height, pixel_format_describe(layer->fourcc, &format),
		pixel_format_describe_modifier(layer->modifier, &modifier), egl->GetError(),
		*egl->message ? ": " : "", egl->message);
}

static bool is_free(const struct import_entry *entry) {
	return entry->texture.image == EGL_NO_IMAGE_KHR;
}

/* A free entry. If there is none, the entry that was unused for longest is dropped. */
static struct import_entry *free_entry(struct import *import) {
	struct import_entry *oldest = NULL, *unused = NULL;
	int count = 0;
	for (int i = 0; i < IMPORT_CACHE; i++) {
		struct import_entry *entry = &import->entries[i];
		count += !is_free(entry);
		if (is_free(entry))
			unused = entry;
		else if (!oldest || entry->used < oldest->used)
			oldest = entry;
	}
	if (unused && count < import->room)
		return unused;
	drop_entry(import, oldest);
	return oldest;
}

static struct import_entry *find_entry(struct import *import, const struct import_key *key) {
	for (int i = 0; i < IMPORT_CACHE; i++) {
		struct import_entry *entry = &import->entries[i];
		if (!is_free(entry) && !memcmp(&entry->key, key, sizeof *key))
			return entry;
	}
	return NULL;
}

int import_layer(struct import *import, const struct frame_layer *layer, struct scanout *scanout,
	struct reason *reason) {
	struct import_key key;
	int error = fill_key(&key, layer);
	if (error)
		return reason_set(reason, -EINVAL, "a plane is no dma-buf: %s", strerror(-error));
	struct import_entry *entry = find_entry(import, &key);
	if (entry && !target_entry(import->egl, entry)) {
		drop_entry(import, entry);
		entry = NULL;
	}
	if (!entry) {
		entry = free_entry(import);
		error = create_entry(import, entry, layer, reason);
		if (error)
			return error;
		entry->key = key;
	}
	entry->used = import->frame;
	scanout->kind = entry->kind;
	scanout->texture = entry->texture.name;
	scanout->chroma = entry->chroma.name;
	scanout->texture_width = layer->width;
	scanout->texture_height = layer->height;
	if (entry->kind == SCANOUT_PLANES)
		scanout_set_yuv(scanout, pixel_format_find(layer->fourcc), layer);
	if (entry->kind == SCANOUT_PALETTE)
		return palette_set(&import->palette, &import->egl->gl, layer->palette, scanout, reason);
	return 0;
}
