/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/fragment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/rect.h"
#include "encode/gl/shader.h"
#include "encode/gl/tiles.h"

enum { RUN = 16, TIMEOUT_MS = 2000 };

/* OpenGL ES 3.0 reads into buffers, which are read once the GPU is done, so glReadPixels itself does not
 * wait. */
static bool by_buffer(const struct fragment *fragment) {
	return fragment->egl->gl.version >= 30;
}

int fragment_init(struct fragment *fragment, struct egl *egl, struct reason *reason) {
	static const GLfloat corners[] = {-1, -1, 3, -1, -1, 3};
	const struct gles *gl = &egl->gl;
	memset(fragment, 0, sizeof *fragment);
	fragment->egl = egl;
	gl->GetIntegerv(GL_MAX_TEXTURE_IMAGE_UNITS, &fragment->textures);
	gl->GenBuffers(1, &fragment->corners);
	gl->BindBuffer(GL_ARRAY_BUFFER, fragment->corners);
	gl->BufferData(GL_ARRAY_BUFFER, sizeof corners, corners, GL_STATIC_DRAW);
	const char *trouble = gles_error(gl);
	return trouble ? reason_set(reason, -ENOTSUP, "no vertex buffer: %s", trouble) : 0;
}

static void drop_target(const struct gles *gl, struct fragment_target *target) {
	gl->DeleteFramebuffers(1, &target->framebuffer);
	gl->DeleteTextures(1, &target->texture);
	memset(target, 0, sizeof *target);
}

static void drop_targets(struct fragment *fragment) {
	const struct gles *gl = &fragment->egl->gl;
	drop_target(gl, &fragment->sent);
	drop_target(gl, &fragment->runs);
	drop_target(gl, &fragment->changed);
	readback_finish(&fragment->readback);
	free(fragment->texels);
	free(fragment->rectangles);
	damage_finish(&fragment->damage);
	fragment->texels = NULL;
	fragment->rectangles = NULL;
	fragment->width = fragment->height = 0;
}

void fragment_finish(struct fragment *fragment) {
	if (!fragment->egl)
		return;
	const struct gles *gl = &fragment->egl->gl;
	for (int i = 0; i < VARIANT_CACHE; i++) {
		gl->DeleteProgram(fragment->compare[i].program);
		gl->DeleteProgram(fragment->store[i].program);
	}
	gl->DeleteProgram(fragment->tiles.program);
	gl->DeleteBuffers(1, &fragment->corners);
	drop_targets(fragment);
	memset(fragment, 0, sizeof *fragment);
}

/* --- targets --- */

static int make_target(const struct gles *gl, struct fragment_target *target, uint32_t width, uint32_t height,
	struct reason *reason) {
	int error = gles_check_size(gl, width, height, reason);
	if (error)
		return error;
	target->width = width;
	target->height = height;
	gl->GenTextures(1, &target->texture);
	gl->BindTexture(GL_TEXTURE_2D, target->texture);
	gl->TexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, (GLsizei)width, (GLsizei)height, 0, GL_RGBA,
		GL_UNSIGNED_BYTE, NULL);
	gles_sample_texels(gl, GL_TEXTURE_2D);
	gl->GenFramebuffers(1, &target->framebuffer);
	gl->BindFramebuffer(GL_FRAMEBUFFER, target->framebuffer);
	gl->FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, target->texture, 0);
	bool complete = gl->CheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
	if (!gles_error(gl) && complete)
		return 0;
	return reason_set(
		reason, -ENOTSUP, "%s cannot draw into a texture of %ux%u", gl->renderer, width, height);
}

static int make_targets(struct fragment *fragment, uint32_t width, uint32_t height, struct reason *reason) {
	const struct gles *gl = &fragment->egl->gl;
	const struct damage *damage = &fragment->damage;
	uint32_t runs = (width + RUN - 1) / RUN;
	if (damage_resize(&fragment->damage, width, height) != 0)
		return reason_set(reason, -ENOMEM, "out of memory");
	int error = make_target(gl, &fragment->sent, width, height, reason);
	if (!error)
		error = make_target(gl, &fragment->runs, runs, height, reason);
	if (!error)
		error = make_target(gl, &fragment->changed, damage->columns, damage->rows, reason);
	if (error)
		return error;
	size_t texels = (size_t)width * DAMAGE_TILE * 4;
	if (texels < (size_t)damage->columns * damage->rows * 4)
		texels = (size_t)damage->columns * damage->rows * 4;
	fragment->texels = malloc(texels);
	fragment->rectangles = calloc((size_t)damage->columns * damage->rows, sizeof *fragment->rectangles);
	if (!fragment->texels || !fragment->rectangles)
		return reason_set(reason, -ENOMEM, "out of memory");
	if (by_buffer(fragment))
		error = readback_init(
			&fragment->readback, gl, (size_t)width * height * 4, fragment->fixed_bounce, reason);
	if (error)
		return error;
	fragment->width = width;
	fragment->height = height;
	return 0;
}

/* On failure nothing is left of them. */
static int resize(struct fragment *fragment, uint32_t width, uint32_t height, struct reason *reason) {
	drop_targets(fragment);
	int error = make_targets(fragment, width, height, reason);
	if (error)
		drop_targets(fragment);
	return error;
}

/* --- programs --- */

/* `layers`: NULL for SHADER_TILES. In the place of the program that `at` has, if any. */
static int make_program(struct fragment *fragment, struct fragment_program *at, enum shader_fragment which,
	const struct layers *layers, struct reason *reason) {
	const struct gles *gl = &fragment->egl->gl;
	gl->DeleteProgram(at->program);
	memset(at, 0, sizeof *at);
	int error = shader_create_fragment(gl, which, layers ? &layers->variant : NULL, &at->program, reason);
	if (error)
		return error;
	const char *source = which == SHADER_TILES ? "runs" : "sent";
	const char *source_size = which == SHADER_TILES ? "runs_size" : "sent_size";
	if (layers)
		layers_locate(gl, at->program, layers, &at->layers);
	at->source = gl->GetUniformLocation(at->program, source);
	at->source_size = gl->GetUniformLocation(at->program, source_size);
	at->limits = gl->GetUniformLocation(at->program, which == SHADER_TILES ? "runs_used" : "size");
	return 0;
}

static int make_programs(
	struct fragment *fragment, int place, const struct layers *layers, struct reason *reason) {
	int error = make_program(fragment, &fragment->compare[place], SHADER_COMPARE, layers, reason);
	if (!error)
		error = make_program(fragment, &fragment->store[place], SHADER_STORE, layers, reason);
	return error;
}

/* `place`: where the programs for these layers are then. */
static int find_programs(
	struct fragment *fragment, const struct layers *layers, int *place, struct reason *reason) {
	bool found;
	/* And the picture that was sent. */
	int error = layers_check_textures(layers, fragment->textures - 1, fragment->egl->gl.renderer, reason);
	if (!error && !fragment->tiles.program)
		error = make_program(fragment, &fragment->tiles, SHADER_TILES, NULL, reason);
	if (error)
		return error;
	*place = variant_cache_find(&fragment->variants, &layers->variant, &found);
	error = found ? 0 : make_programs(fragment, *place, layers, reason);
	if (error)
		variant_cache_drop(&fragment->variants, *place);
	return error;
}

/* --- passes --- */

/* The part of the target that the scissor lets through. */
static void clear(struct fragment *fragment, const struct fragment_target *target, float grey, float alpha) {
	const struct gles *gl = &fragment->egl->gl;
	gl->BindFramebuffer(GL_FRAMEBUFFER, target->framebuffer);
	gl->ClearColor(grey, grey, grey, alpha);
	gl->Clear(GL_COLOR_BUFFER_BIT);
}

static void draw(struct fragment *fragment, const struct fragment_target *target) {
	const struct gles *gl = &fragment->egl->gl;
	gl->BindFramebuffer(GL_FRAMEBUFFER, target->framebuffer);
	gl->Viewport(0, 0, (GLsizei)target->width, (GLsizei)target->height);
	gl->BindBuffer(GL_ARRAY_BUFFER, fragment->corners);
	gl->VertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, NULL);
	gl->EnableVertexAttribArray(0);
	gl->DrawArrays(GL_TRIANGLES, 0, 3);
}

/* Makes the program current, with the layers that it reads. */
static void use_program(const struct gles *gl, struct fragment_program *at, const struct layers *layers) {
	gl->UseProgram(at->program);
	layers_bind(gl, layers);
	layers_apply(gl, &at->layers, layers, &at->shown);
}

/* The program in use reads `source` through the spare unit. */
static void apply_source(
	const struct gles *gl, const struct fragment_program *at, const struct fragment_target *source) {
	gl->ActiveTexture(GL_TEXTURE0 + LAYERS_SPARE_UNIT);
	gl->BindTexture(GL_TEXTURE_2D, source->texture);
	gl->Uniform1i(at->source, LAYERS_SPARE_UNIT);
	gl->Uniform2f(at->source_size, (float)source->width, (float)source->height);
	gl->Uniform2i(at->limits, (GLint)source->width, (GLint)source->height);
}

static int wait_for_gpu(struct fragment *fragment) {
	struct egl_fence fence;
	egl_fence_insert(fragment->egl, &fence);
	return egl_fence_wait(fragment->egl, &fence, &fragment->usual_wait_ns, TIMEOUT_MS);
}

/* Reads the framebuffer that was drawn last, of this size, into `texels`. */
static int read_texels(struct fragment *fragment, uint32_t width, uint32_t height) {
	const struct gles *gl = &fragment->egl->gl;
	size_t size = (size_t)width * height * 4;
	if (!by_buffer(fragment)) {
		int error = wait_for_gpu(fragment); /* so that glReadPixels need not spin */
		if (!error)
			gl->ReadPixels(0, 0, (GLsizei)width, (GLsizei)height, GL_RGBA, GL_UNSIGNED_BYTE,
				fragment->texels);
		return error;
	}
	gl->BindBuffer(GL_PIXEL_PACK_BUFFER, readback_next(&fragment->readback));
	gl->ReadPixels(0, 0, (GLsizei)width, (GLsizei)height, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
	gl->BindBuffer(GL_PIXEL_PACK_BUFFER, 0);
	int error = wait_for_gpu(fragment);
	const void *from = error ? NULL : readback_map(&fragment->readback, 0, size);
	if (!from)
		return error ? error : -EIO;
	readback_copy(&fragment->readback, fragment->texels, from, size);
	readback_unmap(&fragment->readback);
	return 0;
}

/* A box that reaches so far was not drawn. If the first comparing pass left this, the second one carries it
 * on. */
static const float UNDRAWN = 1 / 3.0f;

/* Adds to the damage what a tile's texel says. -ENOMSG: it was not drawn. */
static int add_texel(struct damage *damage, uint32_t tile, const uint8_t *texel) {
	const struct damage_box box = {texel[0], texel[1], texel[2], texel[3]};
	uint32_t column = tile % damage->columns, row = tile / damage->columns;
	struct rect cell = damage_tile(damage, column, row);
	if (!box.right && !box.bottom)
		return 0;
	if (box.left >= box.right || box.top >= box.bottom || box.right > cell.width ||
		box.bottom > cell.height)
		return -ENOMSG;
	damage_add_box(damage, column, row, box);
	return 0;
}

/* Draws one texel per tile of the grid into `changed`, and reads those texels into the grid's damage. */
static int compare(struct fragment *fragment, struct fragment_program *at, const struct layers *layers,
	struct converter_result *result) {
	const struct gles *gl = &fragment->egl->gl;
	struct damage *damage = &fragment->damage;
	gl->Disable(GL_SCISSOR_TEST);
	use_program(gl, at, layers);
	apply_source(gl, at, &fragment->sent);
	clear(fragment, &fragment->runs, UNDRAWN, 1);
	draw(fragment, &fragment->runs);
	gl->UseProgram(fragment->tiles.program);
	apply_source(gl, &fragment->tiles, &fragment->runs);
	clear(fragment, &fragment->changed, UNDRAWN, 1);
	draw(fragment, &fragment->changed);

	int error = read_texels(fragment, damage->columns, damage->rows);
	if (error)
		return error;
	result->bytes_read_back += (uint64_t)damage->columns * damage->rows * 4;
	for (uint32_t i = 0; i < damage->columns * damage->rows && !error; i++)
		error = add_texel(damage, i, fragment->texels + 4 * i);
	return error;
}

/* `prove`: makes read_back() see whether anything was drawn. */
static void store(struct fragment *fragment, struct fragment_program *at, const struct layers *layers,
	size_t count, bool prove) {
	const struct gles *gl = &fragment->egl->gl;
	const struct rect *rectangles = fragment->rectangles;
	use_program(gl, at, layers);
	gl->Enable(GL_SCISSOR_TEST);
	for (size_t i = 0; i < count; i++) {
		gl->Scissor(rectangles[i].x, rectangles[i].y, (GLsizei)rectangles[i].width,
			(GLsizei)rectangles[i].height);
		if (prove)
			clear(fragment, &fragment->sent, 0, 1);
		draw(fragment, &fragment->sent);
	}
	gl->Disable(GL_SCISSOR_TEST);
}

/* Cuts the rectangles, which may be of whole tiles of the grid, to what is filled. */
static void cut(struct rect *rectangles, size_t count, const struct layers *layers) {
	struct rect filled = layers->part;
	filled.x -= layers->grid.x;
	filled.y -= layers->grid.y;
	for (size_t i = 0; i < count; i++)
		rectangles[i] = rect_intersect(rectangles[i], filled);
}

/* The row of the picture that is row y of a rectangle of the grid. */
static uint8_t *row_of(
	const struct picture *picture, const struct rect *grid, const struct rect *rectangle, uint32_t y) {
	return picture->pixels + ((size_t)grid->y + (size_t)rectangle->y + y) * picture->stride +
	       ((size_t)grid->x + (size_t)rectangle->x) * 4;
}

/* Whether the shader drew the last of this many pixels, which it makes transparent. */
static bool is_stored(struct fragment *fragment, const uint8_t *pixels, uint64_t count) {
	uint8_t pixel[4];
	readback_copy(&fragment->readback, pixel, pixels + (count - 1) * 4, sizeof pixel);
	return pixel[3] == 0;
}

/* OpenGL ES 2.0 has neither such buffers nor GL_PACK_ROW_LENGTH, so this reads a row of tiles at a time,
 * tightly packed. */
static int read_tight(struct fragment *fragment, const struct rect *grid, const struct rect *rectangle,
	struct picture *picture) {
	const struct gles *gl = &fragment->egl->gl;
	size_t line = (size_t)rectangle->width * 4;
	for (uint32_t done = 0; done < rectangle->height; done += DAMAGE_TILE) {
		uint32_t rows =
			rectangle->height - done < DAMAGE_TILE ? rectangle->height - done : DAMAGE_TILE;
		uint32_t y = (uint32_t)rectangle->y + done;
		gl->ReadPixels(rectangle->x, (GLint)y, (GLsizei)rectangle->width, (GLsizei)rows, GL_RGBA,
			GL_UNSIGNED_BYTE, fragment->texels);
		if (!is_stored(fragment, fragment->texels, (uint64_t)rectangle->width * rows))
			return -ENOMSG;
		for (uint32_t row = 0; row < rows; row++)
			memcpy(row_of(picture, grid, rectangle, done + row), fragment->texels + row * line,
				line);
	}
	return 0;
}

/* If many small reads cost more than a large one that contains them all, the bounding box becomes the only
 * rectangle. Whatever else lies in it is in the picture already, with the same bytes. */
static size_t join(struct rect *rectangles, size_t count) {
	enum { CALL_PIXELS = 80 * 1024 }; /* the pixels that could be read in the time that a call costs */
	if (count < 2)
		return count;
	struct rect all = rectangles[0];
	uint64_t apart = 0;
	for (size_t i = 0; i < count; i++) {
		all = rect_unite(all, rectangles[i]);
		apart += rect_area(rectangles[i]) + CALL_PIXELS;
	}
	if (apart <= rect_area(all) + CALL_PIXELS)
		return count;
	rectangles[0] = all;
	return 1;
}

static void copy_rectangle(const struct readback *readback, const struct rect *grid,
	const struct rect *rectangle, const uint8_t *from, struct picture *picture) {
	size_t line = (size_t)rectangle->width * 4;
	for (uint32_t row = 0; row < rectangle->height; row++)
		readback_copy(readback, row_of(picture, grid, rectangle, row), from + row * line, line);
}

/* Reads all rectangles one after the other into one buffer, and copies them out when the last one is there.
 */
static int read_by_buffer(
	struct fragment *fragment, const struct rect *grid, size_t count, struct picture *picture) {
	const struct gles *gl = &fragment->egl->gl;
	size_t size = 0;
	gl->BindBuffer(GL_PIXEL_PACK_BUFFER, readback_next(&fragment->readback));
	for (size_t i = 0; i < count; i++) {
		const struct rect *at = &fragment->rectangles[i];
		gl->ReadPixels(at->x, at->y, (GLsizei)at->width, (GLsizei)at->height, GL_RGBA,
			GL_UNSIGNED_BYTE, (void *)size);
		size += rect_area(*at) * 4;
	}
	gl->BindBuffer(GL_PIXEL_PACK_BUFFER, 0);
	int error = wait_for_gpu(fragment);
	const uint8_t *from = error ? NULL : readback_map(&fragment->readback, 0, size);
	if (!from)
		return error ? error : -EIO;
	for (size_t i = 0; i < count && !error; i++) {
		if (!is_stored(fragment, from, rect_area(fragment->rectangles[i])))
			error = -ENOMSG;
		else
			copy_rectangle(&fragment->readback, grid, &fragment->rectangles[i], from, picture);
		from += rect_area(fragment->rectangles[i]) * 4;
	}
	readback_unmap(&fragment->readback);
	return error;
}

static int read_back(struct fragment *fragment, const struct rect *grid, size_t count,
	struct picture *picture, struct converter_result *result) {
	fragment->egl->gl.BindFramebuffer(GL_FRAMEBUFFER, fragment->sent.framebuffer);
	for (size_t i = 0; i < count; i++)
		result->bytes_read_back += rect_area(fragment->rectangles[i]) * 4;
	if (by_buffer(fragment))
		return read_by_buffer(fragment, grid, count, picture);
	int error = 0;
	for (size_t i = 0; i < count && !error; i++)
		error = read_tight(fragment, grid, &fragment->rectangles[i], picture);
	return error;
}

static void forget_tile(struct fragment *fragment, const struct picture *picture, struct rect at) {
	uint32_t other[DAMAGE_TILE * DAMAGE_TILE];
	for (uint32_t y = 0; y < at.height; y++) {
		const uint32_t *row =
			(const uint32_t *)(picture->pixels + ((size_t)at.y + y) * picture->stride +
					   (size_t)at.x * 4);
		for (uint32_t x = 0; x < at.width; x++)
			other[y * at.width + x] = ~row[x];
	}
	fragment->egl->gl.TexSubImage2D(GL_TEXTURE_2D, 0, at.x, at.y, (GLsizei)at.width, (GLsizei)at.height,
		GL_RGBA, GL_UNSIGNED_BYTE, other);
}

void fragment_forget_tiles(
	struct fragment *fragment, const struct picture *picture, const struct damage *tiles) {
	if (fragment->width != tiles->width || fragment->height != tiles->height)
		return; /* nothing that was sent there is known anyway */
	fragment->egl->gl.ActiveTexture(GL_TEXTURE0);
	fragment->egl->gl.BindTexture(GL_TEXTURE_2D, fragment->sent.texture);
	for (uint32_t row = 0; row < tiles->rows; row++) {
		for (uint32_t column = 0; column < tiles->columns; column++) {
			if (damage_has(tiles, column, row))
				forget_tile(fragment, picture, damage_tile(tiles, column, row));
		}
	}
}

/* Copies what was sent last of a tile, of which only a box is going to be read back. */
static void copy_cell(const struct picture *picture, struct rect cell) {
	size_t offset = (size_t)cell.y * picture->stride + (size_t)cell.x * 4;
	for (uint32_t y = 0; picture->reference && y < cell.height; y++, offset += picture->stride)
		memcpy(picture->pixels + offset, picture->reference + offset, (size_t)cell.width * 4);
}

/* Adds the grid's damage to the picture's, and makes the rest of its tiles right. */
static void report(
	const struct damage *from, const struct layers *layers, const struct conversion *conversion) {
	struct damage *damage = conversion->damage;
	uint32_t x = (uint32_t)layers->grid.x / DAMAGE_TILE, y = (uint32_t)layers->grid.y / DAMAGE_TILE;
	for (uint32_t row = 0; row < from->rows; row++) {
		for (uint32_t column = 0; column < from->columns; column++) {
			if (!damage_has(from, column, row))
				continue;
			tiles_report(damage, x + column, y + row, from->boxes[row * from->columns + column],
				&layers->part);
			copy_cell(conversion->picture,
				rect_intersect(damage_tile(damage, x + column, y + row), layers->part));
		}
	}
}

/* Draws what the grid's damage says, and reads it back. */
static int store_changes(struct fragment *fragment, struct fragment_program *at, const struct layers *layers,
	bool prove, const struct conversion *conversion) {
	struct damage *damage = &fragment->damage;
	struct rect *rectangles = fragment->rectangles;
	size_t count = damage_trimmed(damage, 0, rectangles, damage_count(damage));
	conversion->result->tiles_changed += damage_count(damage);
	report(damage, layers, conversion);
	store(fragment, at, layers, count, prove);
	cut(rectangles, count, layers);
	if (!prove)
		count = join(rectangles, count);
	int error = read_back(fragment, &layers->grid, count, conversion->picture, conversion->result);
	at->proven = !error;
	return error;
}

static const char *explain(int error) {
	return error == -ENOMSG      ? "it did not draw what it was told to, and gave no error"
	       : error == -ETIMEDOUT ? "no answer in 2 s"
				     : "what it drew cannot be read";
}

int fragment_run(
	struct fragment *fragment, const struct layers *layers, const struct conversion *conversion) {
	const struct rect *grid = &layers->grid;
	struct damage *damage = &fragment->damage;
	struct reason *reason = conversion->reason;
	bool everything = conversion->fresh;
	int place, error = find_programs(fragment, layers, &place, reason);
	if (!error && (fragment->width != grid->width || fragment->height != grid->height)) {
		error = resize(fragment, grid->width, grid->height, reason);
		everything = true;
	}
	if (error)
		return error;
	struct fragment_program *stored_by = &fragment->store[place];
	bool prove = everything || !stored_by->proven;
	damage_clear(damage);
	if (everything)
		damage_fill(damage);
	else
		error = compare(fragment, &fragment->compare[place], layers, conversion->result);
	if (!error && !damage_is_empty(damage))
		error = store_changes(fragment, stored_by, layers, prove, conversion);
	const char *trouble = gles_error(&fragment->egl->gl);
	if (!error && trouble)
		error = -EIO;
	if (error)
		return reason_set(reason, -EIO, "the GPU failed: %s%s%s", trouble ? trouble : explain(error),
			*fragment->egl->message ? "; the driver says: " : "", fragment->egl->message);
	return 0;
}
