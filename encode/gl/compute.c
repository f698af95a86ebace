/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/compute.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/clock.h"
#include "encode/gl/shader.h"

enum {
	COUNTER_PAIRS = 1024,
	MOST_BANDS = 8,
	TIMEOUT_MS = 2000,
	ALIGNMENT = 256, /* the largest that GL_SHADER_STORAGE_BUFFER_OFFSET_ALIGNMENT may be */
};

/* As the shader's bindings. */
enum { BINDING_SENT, BINDING_COUNTERS, BINDING_HEADERS, BINDING_PAYLOAD };

int compute_init(struct compute *compute, struct egl *egl, struct reason *reason) {
	const struct gles *gl = &egl->gl;
	GLint invocations = 0, blocks = 0;
	*compute = (struct compute){.egl = egl, .packed = !egl->software, .bands = 1};
	if (gl->version < 31 || !gl->DispatchCompute || !gl->MemoryBarrier)
		return reason_set(reason, -ENOTSUP, "OpenGL ES %d.%d has no compute shaders",
			gl->version / 10, gl->version % 10);
	gl->GetIntegerv(GL_MAX_COMPUTE_WORK_GROUP_INVOCATIONS, &invocations);
	gl->GetIntegerv(GL_MAX_COMPUTE_SHADER_STORAGE_BLOCKS, &blocks);
	if (invocations < 128 || blocks < 4)
		return reason_set(reason, -ENOTSUP, "%s allows compute shaders %d threads and %d buffers",
			gl->renderer, invocations, blocks);
	compute->threads = invocations >= 512 ? 512 : invocations >= 256 ? 256 : 128;
	return 0;
}

static void drop_buffers(struct compute *compute) {
	const struct gles *gl = &compute->egl->gl;
	gl->DeleteBuffers(1, &compute->sent);
	gl->DeleteBuffers(1, &compute->counters);
	readback_finish(&compute->readback);
	free(compute->headers);
	compute->headers = NULL;
	compute->sent = compute->counters = 0;
	compute->width = compute->height = compute->tiles = 0;
	compute->bands = 1;
	compute->bound = false;
}

void compute_finish(struct compute *compute) {
	if (!compute->egl)
		return;
	for (int i = 0; i < SCANOUT_KINDS; i++) {
		if (compute->programs[i].program)
			compute->egl->gl.DeleteProgram(compute->programs[i].program);
	}
	drop_buffers(compute);
	crew_destroy(compute->crew);
	memset(compute, 0, sizeof *compute);
}

static size_t tile_room(const struct compute *compute) {
	return compute->packed ? UNPACK_RGB24_BYTES : UNPACK_PIXELS_BYTES;
}

static GLuint storage_buffer(const struct gles *gl, size_t size, const void *data, GLenum usage) {
	GLuint buffer;
	gl->GenBuffers(1, &buffer);
	gl->BindBuffer(GL_SHADER_STORAGE_BUFFER, buffer);
	gl->BufferData(GL_SHADER_STORAGE_BUFFER, (GLsizeiptr)size, data, usage);
	return buffer;
}

static void clear_counters(struct compute *compute) {
	static const GLuint zeroes[2 * COUNTER_PAIRS];
	const struct gles *gl = &compute->egl->gl;
	gl->BindBuffer(GL_SHADER_STORAGE_BUFFER, compute->counters);
	gl->BufferSubData(GL_SHADER_STORAGE_BUFFER, 0, sizeof zeroes, zeroes);
}

static int resize(struct compute *compute, uint32_t width, uint32_t height, struct reason *reason) {
	const struct gles *gl = &compute->egl->gl;
	uint32_t columns = (width + DAMAGE_TILE - 1) / DAMAGE_TILE;
	uint32_t tiles = columns * ((height + DAMAGE_TILE - 1) / DAMAGE_TILE);
	size_t sent_size = (size_t)tiles * UNPACK_PIXELS_BYTES;
	GLint largest = 0;
	drop_buffers(compute);
	gl->GetIntegerv(GL_MAX_SHADER_STORAGE_BLOCK_SIZE, &largest);
	if (largest > 0 && sent_size > (size_t)largest)
		return reason_set(reason, -ENOTSUP, "%ux%u needs a buffer of %zu bytes, %s allows %d", width,
			height, sent_size, gl->renderer, largest);
	compute->headers = calloc(tiles, sizeof *compute->headers);
	compute->sent = storage_buffer(gl, sent_size, NULL, GL_DYNAMIC_COPY);
	compute->counters = storage_buffer(gl, 2 * COUNTER_PAIRS * sizeof(GLuint), NULL, GL_DYNAMIC_COPY);
	clear_counters(compute);
	compute->payload_at = (tiles * sizeof(struct unpack_header) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	const char *trouble = gles_error(gl);
	if (!compute->headers || trouble)
		return reason_set(reason, -ENOMEM, "no buffers for %ux%u: %s", width, height,
			trouble ? trouble : "out of memory");
	int error = readback_init(
		&compute->readback, gl, compute->payload_at + tiles * tile_room(compute), reason);
	if (error)
		return error;
	compute->width = width;
	compute->height = height;
	compute->columns = columns;
	compute->tiles = tiles;
	return 0;
}

static int program_for(struct compute *compute, enum scanout_kind kind, struct reason *reason) {
	const struct gles *gl = &compute->egl->gl;
	struct compute_program *at = &compute->programs[kind];
	if (at->program)
		return 0;
	int error = shader_create_damage(gl, kind, compute->threads, compute->packed, &at->program, reason);
	if (error)
		return error;
	scanout_locate(gl, at->program, &at->scanout);
	at->size = gl->GetUniformLocation(at->program, "size");
	at->columns = gl->GetUniformLocation(at->program, "columns");
	at->first_tile = gl->GetUniformLocation(at->program, "first_tile");
	at->serial = gl->GetUniformLocation(at->program, "serial");
	at->everything = gl->GetUniformLocation(at->program, "everything");
	return 0;
}

static void bind_buffers(struct compute *compute) {
	const struct gles *gl = &compute->egl->gl;
	GLuint output = readback_next(&compute->readback);
	gl->BindBufferRange(GL_SHADER_STORAGE_BUFFER, BINDING_HEADERS, output, 0,
		(GLsizeiptr)(compute->tiles * sizeof(struct unpack_header)));
	gl->BindBufferRange(GL_SHADER_STORAGE_BUFFER, BINDING_PAYLOAD, output, (GLintptr)compute->payload_at,
		(GLsizeiptr)(compute->tiles * tile_room(compute)));
	if (compute->bound)
		return;
	gl->BindBufferRange(GL_SHADER_STORAGE_BUFFER, BINDING_SENT, compute->sent, 0,
		(GLsizeiptr)compute->tiles * UNPACK_PIXELS_BYTES);
	gl->BindBufferRange(GL_SHADER_STORAGE_BUFFER, BINDING_COUNTERS, compute->counters, 0,
		2 * COUNTER_PAIRS * sizeof(GLuint));
	compute->bound = true;
}

/* One dispatch: some of the tiles, with headers and payload in their own part of the buffer. */
struct band {
	uint32_t first, count; /* tiles */
	uint32_t serial;
	struct egl_fence fence;
};

static void dispatch(struct compute *compute, struct compute_program *at, struct band *band) {
	const struct gles *gl = &compute->egl->gl;
	band->serial = ++compute->serial;
	if (at->held.first_tile != band->first)
		gl->Uniform1ui(at->first_tile, band->first);
	at->held.first_tile = band->first;
	gl->Uniform1ui(at->serial, band->serial);
	gl->DispatchCompute(band->count, 1, 1);
	gl->MemoryBarrier(compute->readback.persistent ? GL_CLIENT_MAPPED_BUFFER_BARRIER_BIT_EXT
						       : GL_BUFFER_UPDATE_BARRIER_BIT);
	egl_fence_insert(compute->egl, &band->fence);
}

/* Serials of which no two dispatches' counters are the same until they are cleared; never 0, which is what
 * the buffers are born with. */
static void reserve_serials(struct compute *compute, uint32_t count) {
	bool wraps = compute->serial > UINT32_MAX - 2 * COUNTER_PAIRS;
	if (!wraps && compute->serial % COUNTER_PAIRS + count < COUNTER_PAIRS)
		return;
	compute->serial = wraps ? 0 : compute->serial + COUNTER_PAIRS - compute->serial % COUNTER_PAIRS;
	clear_counters(compute);
}

static void set_uniforms(
	struct compute *compute, struct compute_program *at, const struct scanout *scanout, bool everything) {
	const struct gles *gl = &compute->egl->gl;
	struct compute_uniforms *held = &at->held;
	if (held->set && memcmp(&at->shown, scanout, sizeof *scanout) == 0) {
		scanout_bind(gl, scanout);
	} else {
		scanout_apply(gl, &at->scanout, scanout);
		at->shown = *scanout;
	}
	if (!held->set || held->width != compute->width || held->height != compute->height) {
		gl->Uniform2i(at->size, (GLint)compute->width, (GLint)compute->height);
		gl->Uniform1i(at->columns, (GLint)compute->columns);
	}
	if (!held->set || held->everything != everything)
		gl->Uniform1i(at->everything, everything);
	*held = (struct compute_uniforms){.width = compute->width,
		.height = compute->height,
		.columns = compute->columns,
		.first_tile = held->set ? held->first_tile : UINT32_MAX,
		.everything = everything,
		.set = true};
}

static void launch(struct compute *compute, const struct scanout *scanout, bool everything,
	struct band *bands, int count) {
	const struct gles *gl = &compute->egl->gl;
	struct compute_program *at = &compute->programs[scanout->kind];
	reserve_serials(compute, (uint32_t)count);
	gl->UseProgram(at->program);
	set_uniforms(compute, at, scanout, everything);
	bind_buffers(compute);
	/* The last frame's stores into `sent` come before this one's loads. */
	gl->MemoryBarrier(GL_SHADER_STORAGE_BARRIER_BIT | GL_BUFFER_UPDATE_BARRIER_BIT);
	for (int i = 0; i < count; i++) {
		uint32_t from = (uint32_t)((uint64_t)compute->tiles * (unsigned)i / (unsigned)count);
		uint32_t to = (uint32_t)((uint64_t)compute->tiles * (unsigned)(i + 1) / (unsigned)count);
		bands[i] = (struct band){.first = from, .count = to - from, .fence = {.fd = -1}};
		dispatch(compute, at, &bands[i]);
	}
}

/* Copies the band's headers; returns how many there are, with the bytes of payload they reach to. -EIO where
 * they make no sense: the context was lost, or the driver is broken. */
static int read_headers(struct compute *compute, const struct band *band, size_t *reach) {
	size_t room = band->count * tile_room(compute);
	const struct unpack_header *from =
		readback_map(&compute->readback, band->first * sizeof *from, band->count * sizeof *from);
	uint32_t count = 0;
	*reach = 0;
	if (!from)
		return -EIO;
	for (; count < band->count && from[count].serial == band->serial; count++) {
		struct unpack_header *header = &compute->headers[count];
		*header = from[count];
		uint32_t tile = header->tile & 0xffffff;
		size_t size = unpack_size(header), at = (size_t)header->at * UNPACK_UNIT;
		if (tile - band->first >= band->count || size > room || at > room - size)
			break;
		if (at + size > *reach)
			*reach = at + size;
	}
	bool sane = count == band->count || from[count].serial != band->serial;
	readback_unmap(&compute->readback);
	return sane ? (int)count : -EIO;
}

/* What the crew is to unpack: tiles of one band. */
struct unpacking {
	const struct compute *compute;
	const uint8_t *payload;
	struct picture *picture;
	unsigned count;
	bool stream; /* past the caches */
};

static void store_tile(const struct unpacking *job, const struct unpack_header *header) {
	const struct picture *picture = job->picture;
	const uint8_t *payload = job->payload + (size_t)header->at * UNPACK_UNIT;
	uint32_t tile = header->tile & 0xffffff, columns = job->compute->columns;
	uint32_t x = tile % columns * DAMAGE_TILE, y = tile / columns * DAMAGE_TILE;
	uint8_t *to = picture->pixels + (size_t)y * picture->stride + (size_t)x * 4;
	uint32_t width = picture->width - x, height = picture->height - y;
	if (width >= DAMAGE_TILE && height >= DAMAGE_TILE) {
		unpack_tile(header, payload, to, picture->stride, job->stream);
		return;
	}
	_Alignas(64) uint8_t whole[UNPACK_PIXELS_BYTES];
	unpack_tile(header, payload, whole, DAMAGE_TILE * 4, false);
	if (width > DAMAGE_TILE)
		width = DAMAGE_TILE;
	for (uint32_t row = 0; row < DAMAGE_TILE && row < height; row++)
		memcpy(to + (size_t)row * picture->stride, whole + row * DAMAGE_TILE * 4, (size_t)width * 4);
}

enum { CHUNK = 8 };

static void store_chunk(void *data, unsigned chunk) {
	const struct unpacking *job = (const struct unpacking *)data;
	for (unsigned i = chunk * CHUNK; i < (chunk + 1) * CHUNK && i < job->count; i++)
		store_tile(job, &job->compute->headers[i]);
	unpack_finish();
}

/* Where so much changes that waking somebody is worth it. */
static struct crew *crew_for(struct compute *compute, unsigned tiles, unsigned expected) {
	enum { WORTH_WAKING = 80, WORTH_SHARING = 32 };
	if (expected < WORTH_WAKING || tiles < WORTH_SHARING || compute->fixed_hands < 0)
		return NULL;
	if (!compute->crew_tried)
		compute->crew = crew_create(
			compute->fixed_hands ? (unsigned)compute->fixed_hands : crew_useful_hands());
	compute->crew_tried = true;
	return compute->crew;
}

/* The first `count` headers' tiles. `expected`: how many tiles the whole frame is likely to change. */
static void unpack_tiles(struct compute *compute, const uint8_t *payload, unsigned count, unsigned expected,
	struct picture *picture) {
	/* More than this would push everything else out of the caches, and itself before it is sent. */
	enum { CACHE_TILES = 128 };
	struct unpacking job = {
		.compute = compute,
		.payload = payload,
		.picture = picture,
		.count = count,
		.stream = compute->fixed_stream ? compute->fixed_stream > 0 : expected > CACHE_TILES,
	};
	crew_run(crew_for(compute, count, expected), store_chunk, &job, (count + CHUNK - 1) / CHUNK);
}

static int collect(struct compute *compute, struct band *band, int bands, struct picture *picture,
	struct damage *damage, struct converter_result *result) {
	size_t reach = 0;
	uint64_t begin = clock_now_ns();
	int error = egl_fence_wait(compute->egl, &band->fence, TIMEOUT_MS);
	uint64_t done = clock_now_ns();
	compute->timing.wait_ns += done - begin;
	int count = error ? error : read_headers(compute, band, &reach);
	if (count <= 0)
		return count;
	const uint8_t *payload = NULL;
	size_t base = compute->payload_at + band->first * tile_room(compute);
	if (reach && !(payload = readback_map(&compute->readback, base, reach)))
		return -EIO;
	unpack_tiles(compute, payload, (unsigned)count, (unsigned)(count * bands), picture);
	if (reach)
		readback_unmap(&compute->readback);
	for (int i = 0; i < count; i++) {
		uint32_t tile = compute->headers[i].tile & 0xffffff;
		damage_add(damage, tile % compute->columns, tile / compute->columns);
	}
	compute->timing.unpack_ns += clock_now_ns() - done;
	result->tiles_changed += (uint32_t)count;
	result->bytes_read_back += (uint64_t)count * sizeof(struct unpack_header) + reach;
	return 0;
}

/* Cutting costs a fence a piece, and gains where unpacking takes as long as the GPU does. */
static int bands_after(const struct compute *compute, uint32_t changed) {
	if (compute->fixed_bands)
		return compute->fixed_bands < MOST_BANDS ? compute->fixed_bands : MOST_BANDS;
	if (!compute->readback.persistent || compute->tiles < 256 || changed < compute->tiles / 4)
		return 1;
	return changed < compute->tiles / 2 ? 2 : 4;
}

int compute_run(struct compute *compute, const struct scanout *scanout, bool everything,
	struct picture *picture, struct damage *damage, struct converter_result *result,
	struct reason *reason) {
	struct band bands[MOST_BANDS];
	int error = program_for(compute, scanout->kind, reason);
	if (!error && (compute->width != picture->width || compute->height != picture->height)) {
		error = resize(compute, picture->width, picture->height, reason);
		everything = true;
	}
	if (error)
		return error;
	int count = compute->bands;
	uint64_t begin = clock_now_ns();
	launch(compute, scanout, everything, bands, count);
	compute->timing = (struct gl_timing){.launch_ns = clock_now_ns() - begin};
	for (int i = 0; i < count; i++) {
		if (!error)
			error = collect(compute, &bands[i], count, picture, damage, result);
		egl_fence_drop(compute->egl, &bands[i].fence);
	}
	compute->bands = bands_after(compute, result->tiles_changed);
	const char *trouble = gles_error(&compute->egl->gl);
	if (!error && trouble)
		error = -EIO;
	if (error)
		return reason_set(reason, error, "the GPU failed: %s%s%s",
			trouble               ? trouble
			: error == -ETIMEDOUT ? "no answer in 2 s"
					      : "what it wrote makes no sense",
			*compute->egl->message ? "; the driver says: " : "", compute->egl->message);
	return 0;
}
