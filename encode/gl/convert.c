/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/convert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/utf8.h"

enum { FIRST_BAR = 512 /* frames; twice as many each time */, MAX_BARS = 16 };

/* Of all layers but the first ones. */
static void drop_uploads(struct gl_converter *gl, int first) {
	for (int i = first; i < FRAME_MAX_LAYERS; i++)
		upload_finish(&gl->uploads[i]);
}

/* Makes the context current. 0 or -EIO. */
static int enter(struct gl_converter *gl) {
	bool stranger;
	int error = context_enter(gl->context, gl, &stranger);
	if (stranger)
		compute_unbind(&gl->compute);
	return error;
}

static void close_context(struct gl_converter *gl) {
	gl->begun.is = false;
	if (!gl->context)
		return;
	enter(gl);
	fragment_finish(&gl->fragment);
	compute_finish(&gl->compute);
	drop_uploads(gl, 0);
	recolour_finish(&gl->recolour);
	import_finish(&gl->import);
	context_leave(gl->context);
	gl->context = NULL;
}

/* It is of no more use to others, either. */
static void retire_context(struct gl_converter *gl) {
	gl->context->retired = true;
	close_context(gl);
}

/* `bar`: why compute shaders are not used, or NULL. */
static void describe(struct gl_converter *gl, bool by_compute, const struct compute_bar *bar) {
	const struct gles *es = &gl->context->egl.gl;
	utf8_copy(gl->base.renderer, sizeof gl->base.renderer, es->renderer);
	snprintf(gl->base.detail, sizeof gl->base.detail,
		"OpenGL ES %d.%d, %s, %s read-back%s, %s, %s%s%.120s", es->version / 10, es->version % 10,
		by_compute ? "compute" : "fragment",
		es->version < 30     ? "direct"
		: es->buffer_storage ? "persistent"
				     : "mapped",
		gl->bounced ? " of slow memory through a bounce buffer" : "",
		gl->context->egl.native_fence ? "native fences"
		: es->version >= 30           ? "GL fences"
					      : "no fences",
		gl->context->egl.platform, bar ? "; compute shaders are not used: " : "",
		bar ? bar->why.text : "");
	utf8_trim(gl->base.detail);
}

static int ready_fragments(struct gl_converter *gl, struct reason *reason) {
	int error = gl->fragment.egl ? 0 : fragment_init(&gl->fragment, &gl->context->egl, reason);
	gl->fragment.fixed_bounce = gl->options.bounce;
	return error;
}

static int open_context(struct gl_converter *gl, struct reason *reason) {
	int error = context_join(&gl->context, gl->card_node, &gl->options, reason);
	if (error)
		return error;
	gl->lost = false;
	gl->everything = true;
	gl->software = gl->context->egl.software;
	import_init(&gl->import, &gl->context->egl);
	gl->can_compute = !gl->options.fragment &&
			  !compute_init(&gl->compute, &gl->context->egl, &gl->context->programs, NULL);
	if (gl->options.coding)
		gl->compute.packed = gl->options.coding > 0;
	if (gl->options.threads && gl->can_compute)
		gl->compute.threads = gl->options.threads;
	gl->compute.fixed_bands = gl->options.bands;
	gl->compute.fixed_bounce = gl->options.bounce;
	gl->compute.store.fixed_stream = gl->options.stream;
	gl->compute.store.fixed_hands = gl->options.hands;
	error = gl->can_compute ? 0 : ready_fragments(gl, reason);
	if (error)
		close_context(gl);
	else
		describe(gl, gl->can_compute, NULL);
	gl->last_by_compute = gl->can_compute;
	return error;
}

/* --- what is shown --- */

static int read_texture(struct gl_converter *gl, const struct gl_texture *texture,
	const struct frame_layer *layer, struct scanout *scanout, struct reason *reason) {
	scanout->kind = texture->chroma                              ? SCANOUT_PLANES
			: texture->target == GL_TEXTURE_EXTERNAL_OES ? SCANOUT_EXTERNAL
								     : SCANOUT_TEXTURE;
	scanout->texture = texture->texture;
	scanout->chroma = texture->chroma;
	scanout->texture_width = layer->width;
	scanout->texture_height = layer->height;
	if (texture->chroma)
		scanout_set_yuv(scanout, pixel_format_find(layer->fourcc), layer);
	if (layer->palette)
		return palette_set(
			&gl->import.palette, &gl->context->egl.gl, layer->palette, scanout, reason);
	return 0;
}

static int read_buffer(struct gl_converter *gl, const struct conversion *conversion,
	const struct frame_layer *layer, struct scanout *scanout) {
	int error = import_check(layer, conversion->reason);
	if (!error)
		error = import_wait(
			&gl->context->egl, layer, &conversion->result->fence_waited, conversion->reason);
	return error ? error : import_layer(&gl->import, layer, scanout, conversion->reason);
}

/* `index`: of the layer in the frame. */
static enum converter_import import_of(const struct gl_converter *gl, const struct frame *frame, int index) {
	const struct frame_layer *layer = &frame->layers[index];
	if (gl->textures && gl->textures[index].texture)
		return CONVERTER_IMPORT_TEXTURE;
	if (layer->plane_count > 0 && layer->planes[0].fd >= 0)
		return CONVERTER_IMPORT_DMABUF_EGL;
	return !layer->plane_id && layer->memory ? CONVERTER_IMPORT_MEMORY : CONVERTER_IMPORT_NONE;
}

static int read_layer(
	struct gl_converter *gl, const struct conversion *conversion, int index, struct scanout *scanout) {
	const struct frame_layer *layer = &conversion->frame->layers[index];
	struct reason *reason = conversion->reason;
	switch (import_of(gl, conversion->frame, index)) {
	case CONVERTER_IMPORT_TEXTURE:
		return read_texture(gl, &gl->textures[index], layer, scanout, reason);
	case CONVERTER_IMPORT_DMABUF_EGL:
		return read_buffer(gl, conversion, layer, scanout);
	case CONVERTER_IMPORT_MEMORY:
		upload_init(&gl->uploads[index], &gl->context->egl.gl);
		return upload_layer(&gl->uploads[index], layer, scanout, reason);
	default:
		break;
	}
	if (layer->plane_id)
		return reason_set(reason, -ENOTSUP,
			"the framebuffer cannot be imported: its driver exports no dma-buf (no PRIME)");
	return reason_set(reason, -EINVAL, "the frame has neither a dma-buf nor memory");
}

static int read_frame(struct gl_converter *gl, const struct conversion *conversion, const struct rect *part,
	struct layers *layers) {
	const struct frame *frame = conversion->frame;
	import_begin_frame(&gl->import, frame->layer_count);
	drop_uploads(gl, frame->layer_count);
	/* What is told is of the lowest layer. */
	if (frame->layer_count)
		conversion->result->import = import_of(gl, frame, 0);
	int error = layers_place(layers, frame, part, conversion->reason);
	for (int i = 0; i < layers->count && !error; i++) {
		if (layers->of[i] >= 0)
			error = read_layer(gl, conversion, layers->of[i], &layers->at[i]);
	}
	if (!error)
		error = recolour_set(&gl->recolour, &gl->context->egl.gl, frame, layers, conversion->reason);
	layers_settle(layers);
	return error;
}

/* Whether the writers of all buffers that the frame was read from are done, just now. */
static bool is_written(const struct frame *frame, const struct layers *layers) {
	for (int i = 0; i < layers->count; i++) {
		const struct frame_layer *layer = layers->of[i] < 0 ? NULL : &frame->layers[layers->of[i]];
		if (layer && layer->planes[0].fd >= 0 && !import_is_written(layer))
			return false;
	}
	return true;
}

/* --- by which shaders --- */

static struct compute_bar *bar_of(struct gl_converter *gl, const struct layers *layers) {
	return &gl->bars[layers->variant.composed ? BAR_COMPOSED : (int)layers->at[0].kind];
}

static bool may_compute(struct gl_converter *gl, const struct layers *layers) {
	struct compute_bar *bar = bar_of(gl, layers);
	if (!gl->can_compute || layers_have(layers, SCANOUT_SAMPLED) ||
		layers->textures > gl->compute.textures)
		return false;
	if (bar->width != layers->grid.width || bar->height != layers->grid.height)
		bar->frames = 0;
	if (!bar->frames)
		return true;
	return --bar->frames == 0;
}

/* To be called if compute shaders cannot do, or failed to do, what fragment shaders may be able to do. */
static void put_up_bar(struct gl_converter *gl, const struct layers *layers, const struct reason *why) {
	struct compute_bar *bar = bar_of(gl, layers);
	bar->width = layers->grid.width;
	bar->height = layers->grid.height;
	bar->frames = (unsigned)FIRST_BAR << bar->times;
	bar->times += bar->times < MAX_BARS;
	bar->why = *why;
}

static void note_success(struct gl_converter *gl, const struct layers *layers, bool by_compute) {
	struct compute_bar *bar = bar_of(gl, layers);
	bool bounced = (by_compute ? &gl->compute.readback : &gl->fragment.readback)->speed.bounce;
	if (by_compute)
		bar->times = 0;
	if (by_compute == gl->last_by_compute && bounced == gl->bounced)
		return;
	gl->bounced = bounced;
	describe(gl, by_compute || layers_have(layers, SCANOUT_SAMPLED), bar->frames ? bar : NULL);
}

/* --- converting --- */

/* No answer of a lost context can be trusted, least of all that it cannot read such a frame. */
static int check_lost(struct gl_converter *gl, int error, struct reason *reason) {
	if (!egl_is_lost(&gl->context->egl))
		return error;
	gl->lost = true;
	return reason_set(reason, -EIO, "the GPU was reset and the context with it");
}

static int run_fragments(
	struct gl_converter *gl, const struct layers *layers, const struct conversion *conversion) {
	int error = ready_fragments(gl, conversion->reason);
	context_lend(gl->context); /* to programs and textures that compute shaders do not know */
	return error ? error : fragment_run(&gl->fragment, layers, conversion);
}

/* Whether another part of the picture was filled last. Then the copy on the device is of that one. */
static bool has_moved(struct gl_converter *gl, const struct rect *part, const struct picture *picture) {
	const struct rect *last = &gl->part;
	bool moved = last->x != part->x || last->y != part->y || last->width != part->width ||
		     last->height != part->height || gl->picture_width != picture->width ||
		     gl->picture_height != picture->height;
	gl->part = *part;
	gl->picture_width = picture->width;
	gl->picture_height = picture->height;
	return moved;
}

/* Finds out which tiles compute shaders need not store. Those that are absent and must be stored are made to
 * differ. Only compute shaders do either: otherwise, or if memory is short, everything is stored. */
static void spare(struct gl_converter *gl, const struct picture *picture, struct spared *spared) {
	const struct rect *part = &gl->layers.part;
	memset(spared, 0, sizeof *spared);
	if (gl->by_compute && !gl->fresh)
		spared_find(spared, picture, part);
	if (gl->fresh || picture_has_pixels(picture, part))
		return;
	gl->fresh = !gl->by_compute || spared_find_missing(spared, picture, part, &gl->missing) != 0;
	if (!gl->fresh && !damage_is_empty(&gl->missing))
		gl->fresh = compute_forget_tiles(&gl->compute, &gl->missing) != 0;
}

/* Chooses the shaders. If they are compute shaders, the GPU begins. */
static void launch(struct gl_converter *gl, const struct conversion *conversion) {
	const struct layers *layers = &gl->layers;
	struct spared spared;
	gl->by_compute = may_compute(gl, layers);
	gl->fresh = has_moved(gl, &layers->part, conversion->picture) || conversion->fresh;
	/* Both have their own copy of what was sent. */
	gl->fresh |= gl->everything || gl->by_compute != gl->last_by_compute;
	/* Until this frame is done, it is not known what the copy on the device holds. */
	gl->everything = true;
	spare(gl, conversion->picture, &spared);
	if (!gl->by_compute || !compute_launch(&gl->compute, layers, gl->fresh, &spared, conversion->reason))
		return;
	put_up_bar(gl, layers, conversion->reason);
	gl->by_compute = false;
	gl->fresh = true;
}

/* Converts what was launched. */
static int collect(struct gl_converter *gl, struct conversion conversion) {
	conversion.fresh = gl->fresh;
	int error = gl->by_compute ? compute_collect(&gl->compute, &gl->layers, &conversion)
				   : run_fragments(gl, &gl->layers, &conversion);
	if (!gl->by_compute || !gl->compute.proven)
		error = check_lost(gl, error, conversion.reason);
	if (!error)
		note_success(gl, &gl->layers, gl->by_compute);
	if (!error && !gl->by_compute && gl->fresh)
		picture_note_stored(conversion.picture, &gl->layers.part);
	gl->last_by_compute = gl->by_compute;
	gl->everything = error != 0;
	return error;
}

static int ready(struct gl_converter *gl, struct reason *reason) {
	if (gl->context && gl->context->retired)
		close_context(gl);
	int error = gl->context ? 0 : open_context(gl, reason);
	if (error)
		return error;
	if (!enter(gl))
		return 0;
	gl->lost = true;
	retire_context(gl);
	return reason_set(reason, -EIO, "eglMakeCurrent failed");
}

/* To be called after a frame that failed: the next one finds a context without this one's errors, or none at
 * all. */
static void clean_up(struct gl_converter *gl, bool usable) {
	gles_error(&gl->context->egl.gl);
	gl->context->egl.message[0] = '\0';
	gl->everything = true;
	if (gl->lost || !usable)
		retire_context(gl);
}

/* Up to where the GPU has to be waited for. `result` and `reason` of the conversion are filled as far as
 * that.
 */
static int begin_frame(struct gl_converter *gl, const struct conversion *conversion) {
	struct reason *reason = conversion->reason;
	struct rect part;
	memset(conversion->result, 0, sizeof *conversion->result);
	int error = converter_part(conversion, &part);
	if (!error)
		error = ready(gl, reason);
	if (error)
		return error;
	error = read_frame(gl, conversion, &part, &gl->layers);
	if (error) {
		error = check_lost(gl, error, reason);
		clean_up(gl, true);
		return error;
	}
	launch(gl, conversion);
	return 0;
}

static int end_frame(struct gl_converter *gl, const struct conversion *conversion) {
	struct reason *reason = conversion->reason;
	int error = collect(gl, *conversion);
	if (!error)
		return 0;
	/* If the GPU was made to wait for the writer, it was not the GPU that failed. */
	bool late = error == -EIO && conversion->result->fence_waited &&
		    !is_written(conversion->frame, &gl->layers);
	gl->barred = error == -EIO && !late && !gl->lost && gl->last_by_compute;
	if (gl->barred)
		put_up_bar(gl, &gl->layers, reason);
	clean_up(gl, error == -ENOTSUP);
	return late ? import_blame_writer(reason) : error;
}

static int try_convert(struct gl_converter *gl, const struct conversion *conversion) {
	gl->lost = gl->barred = false;
	int error = begin_frame(gl, conversion);
	return error ? error : end_frame(gl, conversion);
}

/* --- frames that are begun before others are converted --- */

static bool is_begun(const struct gl_begun *begun, const struct conversion *conversion) {
	return begun->is && begun->frame == conversion->frame && begun->picture == conversion->picture &&
	       begun->x == conversion->x && begun->y == conversion->y && begun->fresh == conversion->fresh;
}

/* Of a frame that was begun, and then was not the next one to be converted. */
static void drop_begun(struct gl_converter *gl) {
	if (gl->begun.is && gl->context && !enter(gl))
		compute_abandon(&gl->compute);
	gl->begun.is = false;
}

static void begin(struct converter *converter, const struct conversion *conversion) {
	struct gl_converter *gl = (struct gl_converter *)converter;
	struct gl_begun *begun = &gl->begun;
	struct conversion first = *conversion;
	drop_begun(gl);
	first.result = &begun->result;
	first.reason = &begun->reason;
	begun->reason.text[0] = '\0';
	gl->lost = gl->barred = false;
	begun->error = begin_frame(gl, &first);
	begun->frame = conversion->frame;
	begun->picture = conversion->picture;
	begun->x = conversion->x;
	begun->y = conversion->y;
	begun->fresh = conversion->fresh;
	begun->is = true;
}

static int end_begun(struct gl_converter *gl, const struct conversion *conversion) {
	struct gl_begun *begun = &gl->begun;
	begun->is = false;
	*conversion->result = begun->result;
	*conversion->reason = begun->reason;
	if (begun->error)
		return begun->error;
	if (!enter(gl))
		return end_frame(gl, conversion);
	gl->lost = true;
	retire_context(gl);
	return reason_set(conversion->reason, -EIO, "eglMakeCurrent failed");
}

static int convert(struct converter *converter, const struct conversion *conversion) {
	struct gl_converter *gl = (struct gl_converter *)converter;
	struct conversion again = *conversion;
	bool begun = is_begun(&gl->begun, conversion);
	again.fresh = true;
	if (!begun)
		drop_begun(gl);
	int error = begun ? end_begun(gl, conversion) : try_convert(gl, conversion);
	/* Try once more in a new context. Only time was lost, and nothing of the frame. */
	if (error && gl->lost)
		error = try_convert(gl, &again);
	/* If compute shaders failed, try fragment shaders. */
	if (error && gl->barred && !gl->lost)
		error = try_convert(gl, &again);
	return error;
}

int gl_converter_convert_texture(
	struct converter *converter, unsigned target, unsigned texture, const struct conversion *conversion) {
	struct gl_converter *gl = (struct gl_converter *)converter;
	const struct picture *picture = conversion->picture;
	struct layers *layers = &gl->layers;
	drop_begun(gl);
	layers_init_black(layers);
	layers_fill(layers, &(struct rect){0, 0, picture->width, picture->height});
	struct scanout *scanout = &layers->at[0];
	scanout->kind = target == GL_TEXTURE_EXTERNAL_OES ? SCANOUT_EXTERNAL : SCANOUT_TEXTURE;
	scanout->texture = texture;
	scanout->texture_width = picture->width;
	scanout->texture_height = picture->height;
	scanout->shown[2] = (int32_t)picture->width;
	scanout->shown[3] = (int32_t)picture->height;
	scanout->steps[0] = scanout->steps[3] = 1;
	layers_settle(layers);
	memset(conversion->result, 0, sizeof *conversion->result);
	int error = ready(gl, conversion->reason);
	if (error)
		return error;
	launch(gl, conversion);
	error = collect(gl, *conversion);
	if (error)
		clean_up(gl, error == -ENOTSUP);
	return error;
}

int gl_converter_convert_textures(
	struct converter *converter, const struct gl_texture *textures, const struct conversion *conversion) {
	struct gl_converter *gl = (struct gl_converter *)converter;
	gl->textures = textures;
	int error = convert(converter, conversion);
	gl->textures = NULL;
	return error;
}

void gl_converter_begin_textures(
	struct converter *converter, const struct gl_texture *textures, const struct conversion *conversion) {
	struct gl_converter *gl = (struct gl_converter *)converter;
	gl->textures = textures;
	begin(converter, conversion);
	gl->textures = NULL;
}

const struct gles *gl_converter_gles(struct converter *converter) {
	struct gl_converter *gl = (struct gl_converter *)converter;
	if (!gl->context || enter(gl))
		return NULL;
	context_lend(gl->context); /* to the caller */
	return &gl->context->egl.gl;
}

bool gl_converter_is_software(const struct converter *converter) {
	return ((const struct gl_converter *)converter)->software;
}

void *gl_converter_gbm(const struct converter *converter) {
	const struct gl_converter *gl = (const struct gl_converter *)converter;
	return gl->context && gl->context->egl.dmabuf_import && gl->context->egl.import_safe
		       ? gl->context->egl.gbm
		       : NULL;
}

static void release(struct converter *converter) {
	struct gl_converter *gl = (struct gl_converter *)converter;
	if (gl->context && !enter(gl))
		import_drop_all(&gl->import);
}

static void forget(struct converter *converter, struct picture *picture, const struct damage *tiles) {
	struct gl_converter *gl = (struct gl_converter *)converter;
	if (!gl->context || enter(gl))
		return;
	if (gl->last_by_compute)
		compute_forget_tiles(&gl->compute, tiles);
	else
		fragment_forget_tiles(&gl->fragment, picture, tiles);
	gl->context->egl.gl.Finish(); /* so that the next frame does not have to do this work */
}

static void destroy(struct converter *converter) {
	struct gl_converter *gl = (struct gl_converter *)converter;
	close_context(gl);
	damage_finish(&gl->missing);
	free(gl);
}

static const struct converter_impl gl_converter_impl = {
	.name = "gpu",
	.begin = begin,
	.convert = convert,
	.release = release,
	.forget = forget,
	.destroy = destroy,
};

int gl_converter_create(const char *card_node, const struct gl_options *options, struct converter **converter,
	struct reason *reason) {
	struct gl_converter *gl = calloc(1, sizeof *gl);
	if (!gl)
		return reason_set(reason, -ENOMEM, "out of memory");
	gl->base.impl = &gl_converter_impl;
	if (options)
		gl->options = *options;
	snprintf(gl->card_node, sizeof gl->card_node, "%s", card_node ? card_node : "");
	int error = open_context(gl, reason);
	if (error) {
		free(gl);
		return error;
	}
	*converter = &gl->base;
	return 0;
}
