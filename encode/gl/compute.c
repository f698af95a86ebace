/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/compute.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/clock.h"
#include "encode/gl/shader.h"

enum {
	SOON_NS = 2000000, /* no display refreshes as often as this */
	COUNTER_SETS = 1024,
	COUNTERS_BYTES = COUNTER_SETS * 4 * sizeof(GLuint),
	NEVER_TILES = 64,
	MAX_RUNS = 2000, /* the most that fit into a note */
	TIMEOUT_MS = 2000,
	ALIGNMENT = 256, /* the largest that GL_SHADER_STORAGE_BUFFER_OFFSET_ALIGNMENT may be */
};

/* The shader's bindings. */
enum { BINDING_SENT, BINDING_COUNTERS, BINDING_HEADERS, BINDING_PAYLOAD };

int compute_init(
	struct compute *compute, struct egl *egl, struct compute_programs *programs, struct reason *reason) {
	const struct gles *gl = &egl->gl;
	GLint invocations = 0, blocks = 0;
	*compute = (struct compute){.egl = egl, .programs = programs, .packed = !egl->software, .bands = 1};
	if (gl->version < 31 || !gl->DispatchCompute || !gl->MemoryBarrier)
		return reason_set(reason, -ENOTSUP, "OpenGL ES %d.%d has no compute shaders",
			gl->version / 10, gl->version % 10);
	gl->GetIntegerv(GL_MAX_COMPUTE_WORK_GROUP_INVOCATIONS, &invocations);
	gl->GetIntegerv(GL_MAX_COMPUTE_SHADER_STORAGE_BLOCKS, &blocks);
	gl->GetIntegerv(GL_MAX_COMPUTE_TEXTURE_IMAGE_UNITS, &compute->textures);
	if (invocations < 128 || blocks < 4)
		return reason_set(reason, -ENOTSUP, "%s allows compute shaders %d threads and %d buffers",
			gl->renderer, invocations, blocks);
	compute->threads = invocations >= 512 ? 512 : invocations >= 256 ? 256 : 128;
	return 0;
}

static void drop_buffers(struct compute *compute) {
	const struct gles *gl = &compute->egl->gl;
	gl->DeleteBuffers(1, &compute->sent);
	gl->DeleteBuffers(1, &compute->never);
	gl->DeleteBuffers(1, &compute->counters);
	readback_finish(&compute->readback);
	free(compute->headers);
	free(compute->named);
	compute->headers = NULL;
	compute->named = NULL;
	compute->sent = compute->never = compute->counters = 0;
	compute->width = compute->height = compute->tiles = 0;
	compute->bands = 1;
	compute->runs = 0;
	compute_unbind(compute);
}

void compute_unbind(struct compute *compute) {
	compute->bound = false;
}

void compute_programs_forget(struct compute_programs *programs) {
	programs->current = 0;
}

void compute_programs_finish(struct compute_programs *programs, const struct gles *gl) {
	for (int i = 0; i < VARIANT_CACHE; i++) {
		if (programs->at[i].program)
			gl->DeleteProgram(programs->at[i].program);
	}
	memset(programs, 0, sizeof *programs);
}

void compute_finish(struct compute *compute) {
	if (!compute->egl)
		return;
	compute_abandon(compute);
	drop_buffers(compute);
	tiles_finish(&compute->store);
	memset(compute, 0, sizeof *compute);
}

static size_t tile_room(const struct compute *compute) {
	return compute->packed ? UNPACK_RGB24_BYTES : UNPACK_PIXELS_BYTES;
}

/* Including the note that precedes the headers of each band. */
static size_t headers_size(uint32_t tiles) {
	return (COMPUTE_MAX_BANDS + tiles) * sizeof(struct unpack_header);
}

static GLuint storage_buffer(const struct gles *gl, size_t size, const void *data, GLenum usage) {
	GLuint buffer;
	gl->GenBuffers(1, &buffer);
	gl->BindBuffer(GL_SHADER_STORAGE_BUFFER, buffer);
	gl->BufferData(GL_SHADER_STORAGE_BUFFER, (GLsizeiptr)size, data, usage);
	return buffer;
}

static void make_never(struct compute *compute) {
	size_t size = (size_t)NEVER_TILES * UNPACK_PIXELS_BYTES;
	void *never = malloc(size);
	if (!never)
		return;
	memset(never, 0xff, size); /* no pixel has bits in its X byte */
	compute->never = storage_buffer(&compute->egl->gl, size, never, GL_STATIC_COPY);
	free(never);
}

/* This copies on the device, because drivers move buffers that are often written from outside to slower
 * memory. */
int compute_forget_tiles(struct compute *compute, const struct damage *tiles) {
	const struct gles *gl = &compute->egl->gl;
	if (compute->width != tiles->width || compute->height != tiles->height)
		return 0; /* nothing that was sent there is known anyway */
	if (!compute->never)
		make_never(compute);
	if (!compute->never)
		return -ENOMEM;
	gl->MemoryBarrier(GL_BUFFER_UPDATE_BARRIER_BIT);
	gl->BindBuffer(GL_COPY_READ_BUFFER, compute->never);
	gl->BindBuffer(GL_COPY_WRITE_BUFFER, compute->sent);
	for (uint32_t tile = 0, run; tile < compute->tiles; tile += run ? run : 1) {
		for (run = 0; run < NEVER_TILES && tile + run < compute->tiles; run++) {
			uint32_t at = tile + run;
			if (!damage_has(tiles, at % compute->columns, at / compute->columns))
				break;
		}
		if (run)
			gl->CopyBufferSubData(GL_COPY_READ_BUFFER, GL_COPY_WRITE_BUFFER, 0,
				(GLintptr)tile * UNPACK_PIXELS_BYTES, (GLsizeiptr)run * UNPACK_PIXELS_BYTES);
	}
	return 0;
}

static void clear_counters(struct compute *compute) {
	static const char zeroes[COUNTERS_BYTES];
	const struct gles *gl = &compute->egl->gl;
	gl->BindBuffer(GL_SHADER_STORAGE_BUFFER, compute->counters);
	gl->BufferSubData(GL_SHADER_STORAGE_BUFFER, 0, sizeof zeroes, zeroes);
}

static int make_buffers(struct compute *compute, uint32_t width, uint32_t height, struct reason *reason) {
	const struct gles *gl = &compute->egl->gl;
	uint32_t columns = (width + DAMAGE_TILE - 1) / DAMAGE_TILE;
	uint32_t tiles = columns * ((height + DAMAGE_TILE - 1) / DAMAGE_TILE);
	size_t sent_size = (size_t)tiles * UNPACK_PIXELS_BYTES;
	GLint largest = 0;
	gl->GetIntegerv(GL_MAX_SHADER_STORAGE_BLOCK_SIZE, &largest);
	if (largest > 0 && sent_size > (size_t)largest)
		return reason_set(reason, -ENOTSUP, "%ux%u needs a buffer of %zu bytes, %s allows %d", width,
			height, sent_size, gl->renderer, largest);
	compute->headers = calloc(tiles, sizeof *compute->headers);
	compute->named = calloc(tiles, sizeof *compute->named);
	compute->sent = storage_buffer(gl, sent_size, NULL, GL_DYNAMIC_COPY);
	compute->counters = storage_buffer(gl, COUNTERS_BYTES, NULL, GL_DYNAMIC_COPY);
	clear_counters(compute);
	compute->payload_at = (headers_size(tiles) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	const char *trouble = gles_error(gl);
	if (!compute->headers || !compute->named || trouble)
		return reason_set(reason, -ENOMEM, "no buffers for %ux%u: %s", width, height,
			trouble ? trouble : "out of memory");
	int error = readback_init(&compute->readback, gl, compute->payload_at + tiles * tile_room(compute),
		compute->fixed_bounce, reason);
	if (error)
		return error;
	compute->width = width;
	compute->height = height;
	compute->columns = columns;
	compute->tiles = tiles;
	return 0;
}

/* On failure nothing is left of them. */
static int resize(struct compute *compute, uint32_t width, uint32_t height, struct reason *reason) {
	drop_buffers(compute);
	int error = make_buffers(compute, width, height, reason);
	if (error)
		drop_buffers(compute);
	return error;
}

static int make_program(struct compute *compute, struct compute_program *at, const struct layers *layers,
	const struct variant *variant, struct reason *reason) {
	const struct gles *gl = &compute->egl->gl;
	gl->DeleteProgram(at->program);
	if (compute->programs->current == at->program)
		compute_programs_forget(compute->programs);
	memset(at, 0, sizeof *at);
	int error =
		shader_create_damage(gl, variant, compute->threads, compute->packed, &at->program, reason);
	if (error)
		return error;
	layers_locate(gl, at->program, layers, &at->layers);
	at->size = gl->GetUniformLocation(at->program, "size");
	at->columns = gl->GetUniformLocation(at->program, "columns");
	at->first_tile = gl->GetUniformLocation(at->program, "first_tile");
	at->note = gl->GetUniformLocation(at->program, "note");
	at->serial = gl->GetUniformLocation(at->program, "serial");
	at->everything = gl->GetUniformLocation(at->program, "everything");
	at->spared = variant->sparing ? gl->GetUniformLocation(at->program, "spared") : -1;
	return 0;
}

static int program_for(struct compute *compute, const struct layers *layers, bool sparing,
	struct compute_program **at, struct reason *reason) {
	struct variant variant = layers->variant;
	bool found;
	variant.sparing = sparing;
	int place = variant_cache_find(&compute->programs->variants, &variant, &found);
	*at = &compute->programs->at[place];
	int error = found ? 0 : make_program(compute, *at, layers, &variant, reason);
	if (error)
		variant_cache_drop(&compute->programs->variants, place);
	return error;
}

/* A driver that does not take the program that spares tiles may take the usual one, with which all tiles are
 * stored. */
static int choose_program(struct compute *compute, const struct layers *layers, struct compute_program **at,
	struct reason *reason) {
	if (compute->spared.count && !compute->cannot_spare) {
		if (!program_for(compute, layers, true, at, reason))
			return 0;
		compute->cannot_spare = true;
	}
	memset(&compute->spared, 0, sizeof compute->spared);
	return program_for(compute, layers, false, at, reason);
}

/* What the GPU writes for us to read. */
static void bind_output(struct compute *compute, GLuint output) {
	const struct gles *gl = &compute->egl->gl;
	gl->BindBufferRange(GL_SHADER_STORAGE_BUFFER, BINDING_HEADERS, output, 0,
		(GLsizeiptr)headers_size(compute->tiles));
	gl->BindBufferRange(GL_SHADER_STORAGE_BUFFER, BINDING_PAYLOAD, output, (GLintptr)compute->payload_at,
		(GLsizeiptr)(compute->tiles * tile_room(compute)));
}

static void bind_own(struct compute *compute) {
	const struct gles *gl = &compute->egl->gl;
	gl->BindBufferRange(GL_SHADER_STORAGE_BUFFER, BINDING_SENT, compute->sent, 0,
		(GLsizeiptr)compute->tiles * UNPACK_PIXELS_BYTES);
	gl->BindBufferRange(GL_SHADER_STORAGE_BUFFER, BINDING_COUNTERS, compute->counters, 0, COUNTERS_BYTES);
}

/* Makes what the band wrote readable after its fence. */
static void close_band(struct compute *compute, struct compute_band *band) {
	compute->egl->gl.MemoryBarrier(compute->readback.persistent ? GL_CLIENT_MAPPED_BUFFER_BARRIER_BIT_EXT
								    : GL_BUFFER_UPDATE_BARRIER_BIT);
	egl_fence_insert(compute->egl, &band->fence);
	band->covers = compute->programs->sent = compute->programs->launched;
}

/* Waits until what the band wrote can be read. If a fence of another compute was passed that came later, it
 * can be. */
static int wait_for_band(struct compute *compute, struct compute_band *band) {
	struct compute_programs *programs = compute->programs;
	if (!band->covers && programs->done >= compute->launch)
		return 0;
	if (!band->covers)
		close_band(compute, band);
	int error = egl_fence_wait(compute->egl, &band->fence, &compute->usual_wait_ns, TIMEOUT_MS);
	if (!error && band->covers > programs->done)
		programs->done = band->covers;
	return error;
}

/* Makes serials such that no two dispatches share counters until these are cleared. A serial is never 0,
 * because the buffers are zero at first. */
static void reserve_serials(struct compute *compute, uint32_t count) {
	bool wraps = compute->serial > UINT32_MAX - 2 * COUNTER_SETS;
	if (!wraps && compute->serial % COUNTER_SETS + count < COUNTER_SETS)
		return;
	compute->serial = wraps ? 0 : compute->serial + COUNTER_SETS - compute->serial % COUNTER_SETS;
	clear_counters(compute);
}

static void set_uniforms(
	struct compute *compute, struct compute_program *at, const struct layers *layers, bool everything) {
	const struct gles *gl = &compute->egl->gl;
	struct compute_uniforms *held = &at->held;
	layers_apply(gl, &at->layers, layers, &at->shown);
	if (!held->set || held->width != compute->width || held->height != compute->height) {
		gl->Uniform2i(at->size, (GLint)compute->width, (GLint)compute->height);
		gl->Uniform1i(at->columns, (GLint)compute->columns);
	}
	if (!held->set || held->everything != everything)
		gl->Uniform1i(at->everything, everything);
	if (compute->spared.count && memcmp(&at->spares, &compute->spared, sizeof at->spares) != 0) {
		gl->Uniform4iv(at->spared, PICTURE_SPARED_MAX, compute->spared.parts[0]);
		at->spares = compute->spared;
	}
	*held = (struct compute_uniforms){.width = compute->width,
		.height = compute->height,
		.columns = compute->columns,
		.first_tile = held->set ? held->first_tile : UINT32_MAX,
		.note = held->note,
		.serial = held->serial,
		.everything = everything,
		.set = true};
}

/*
 * Whether the last dispatch can be repeated as it was. After a sleep each GL call costs several times as much
 * as in a sequence of calls, because its code and data have left the caches. So if nothing changed, nothing
 * is set, not even a new serial, because the counters are still zero.
 */
static bool is_calm(const struct compute *compute, bool everything) {
	return compute->runs > 0 && compute->runs < MAX_RUNS && compute->bands == 1 && !everything;
}

/*
 * If another compute used the program last, its uniform has that one's serial. If that is newer than ours, it
 * is taken on, because its counters are zero, too. So computes for which nothing changes soon have the same
 * serial, and none of them sets the uniform any more.
 */
static void share_serial(struct compute *compute, const struct compute_program *at) {
	uint32_t held = at->held.serial;
	if (held <= compute->serial || held / COUNTER_SETS != compute->serial / COUNTER_SETS)
		return;
	compute->serial = held;
	compute->runs = 0;
}

/* Makes the program and everything that it reads and writes current. */
static void prepare(struct compute *compute, struct compute_program *at, const struct layers *layers,
	bool everything, bool calm, int bands) {
	const struct gles *gl = &compute->egl->gl;
	if (calm)
		share_serial(compute, at);
	else
		reserve_serials(compute, (uint32_t)bands);
	if (compute->programs->current != at->program)
		gl->UseProgram(at->program);
	/* One texture, which is current already, is the usual case; units of others may have lost theirs. */
	if (!compute->bound || compute->texture != layers->at[0].texture || layers->textures > 1)
		layers_bind(gl, layers);
	set_uniforms(compute, at, layers, everything);
	if (!compute->bound)
		bind_own(compute);
	if (!calm || !compute->bound)
		bind_output(compute,
			calm ? readback_buffer(&compute->readback) : readback_next(&compute->readback));
	if (!calm) {
		/* The last frame's stores into `sent` must come before this frame's loads. */
		gl->MemoryBarrier(GL_SHADER_STORAGE_BARRIER_BIT | GL_BUFFER_UPDATE_BARRIER_BIT);
		compute->runs = 0;
	}
	compute->programs->current = at->program;
	compute->bound = true;
	compute->texture = layers->at[0].texture;
}

static void dispatch(
	struct compute *compute, struct compute_program *at, struct compute_band *band, bool calm) {
	const struct gles *gl = &compute->egl->gl;
	if (!calm)
		compute->serial++;
	band->serial = compute->serial;
	if (at->held.first_tile != band->first || at->held.note != band->note) {
		gl->Uniform1ui(at->first_tile, band->first);
		gl->Uniform1ui(at->note, band->note);
	}
	at->held.first_tile = band->first;
	at->held.note = band->note;
	if (at->held.serial != band->serial)
		gl->Uniform1ui(at->serial, band->serial);
	at->held.serial = band->serial;
	gl->DispatchCompute(band->count, 1, 1);
}

static void dispatch_all(struct compute *compute, struct compute_program *at, int count, bool calm) {
	struct compute_band *bands = compute->launched;
	compute->programs->launched++;
	for (int i = 0; i < count; i++) {
		uint32_t from = (uint32_t)((uint64_t)compute->tiles * (unsigned)i / (unsigned)count);
		uint32_t to = (uint32_t)((uint64_t)compute->tiles * (unsigned)(i + 1) / (unsigned)count);
		bands[i] = (struct compute_band){
			.first = from, .count = to - from, .note = from + (unsigned)i, .fence = {.fd = -1}};
		dispatch(compute, at, &bands[i], calm);
		if (!calm)
			close_band(compute, &bands[i]);
	}
	compute->runs++;
	compute->launch = compute->programs->launched;
}

/* --- the note --- */

/* The note that the last workgroup of this dispatch leaves, and that no other dispatch into this buffer
 * leaves. */
static uint32_t expected_note(const struct compute *compute, uint32_t serial, bool found) {
	return serial << 12 | compute->runs << 1 | found;
}

/* Reads the note of the only band, which may be writing it. */
static uint32_t read_note(const struct compute *compute) {
	const uint32_t *note = readback_peek(&compute->readback);
	return __atomic_load_n(note, __ATOMIC_ACQUIRE);
}

/* Sleeps until the note comes, without asking GL, and returns it, or whatever is there if it does not come
 * soon. */
static uint32_t nap_for_note(struct compute *compute, uint32_t still) {
	enum { NAP_NS = 20000, LONGEST_NS = 3000000 };
	uint64_t begin = clock_now_ns(), took;
	uint32_t note;
	do {
		egl_nap(compute->usual_sleep_ns, NAP_NS);
		note = read_note(compute);
		took = clock_now_ns() - begin;
	} while (note >> 1 != still >> 1 && took < LONGEST_NS);
	/* If the machine stood still for a while, that says nothing about the GPU, but would make naps too
	 * long for many frames. */
	compute->usual_sleep_ns = (compute->usual_sleep_ns * 3 + (took < LONGEST_NS ? took : LONGEST_NS)) / 4;
	return note;
}

/*
 * Waits for the note, without asking GL. True if the note says that nothing changed, and then there is
 * nothing else to know. False if something changed or the note does not come soon. Then a fence must be
 * waited for, because only that makes the rest visible.
 */
static bool sleep_for_note(struct compute *compute) {
	struct compute_programs *programs = compute->programs;
	uint32_t still = expected_note(compute, compute->serial, false);
	/* While we waited for another compute, the note may have come. */
	if (programs->sent >= compute->launch && read_note(compute) == still)
		return true;
	compute->egl->gl.Flush();
	programs->sent = programs->launched;
	return nap_for_note(compute, still) == still;
}

/* Copies the headers after the note as far as they are this band's, and returns how many there are. It copies
 * in chunks, because the memory may be slow. */
static uint32_t copy_headers(const struct compute *compute, const struct compute_band *band,
	const struct unpack_header *from, struct unpack_header *note) {
	enum { CHUNK = 16 };
	struct unpack_header chunk[CHUNK];
	uint32_t have = 1 + band->count;
	for (uint32_t i = 0; i < have; i++) {
		if (i % CHUNK == 0)
			readback_copy(&compute->readback, chunk, from + i,
				(have - i < CHUNK ? have - i : CHUNK) * sizeof *chunk);
		if (i == 0)
			*note = chunk[0];
		else if (chunk[i % CHUNK].serial != band->serial)
			return i - 1;
		else
			compute->headers[i - 1] = chunk[i % CHUNK];
	}
	return band->count;
}

/* Whether the header names a tile of the band that no other one does, and payload that the band has room for,
 * or a spared tile and none. If so, `reach` includes that payload. */
static bool is_sane(struct compute *compute, const struct compute_band *band,
	const struct unpack_header *header, size_t *reach) {
	size_t room = band->count * tile_room(compute);
	uint32_t tile = header->tile & 0xffffff;
	size_t size = unpack_size(header), at = unpack_at(header);
	if (tile - band->first >= band->count || size > room || at > room - size)
		return false;
	if (compute->named[tile] == compute->readings)
		return false;
	if (unpack_is_absent(header) &&
		!spared_has(&compute->spared, tile % compute->columns, tile / compute->columns))
		return false;
	compute->named[tile] = compute->readings;
	if (at + size > *reach)
		*reach = at + size;
	return true;
}

/*
 * Copies the band's headers. Returns how many there are, and how many bytes of payload they reach to. -ENOMSG
 * if the note does not say that the band ran to its end. -EIO if the headers make no sense, because the
 * context was lost or the driver is broken.
 */
static int read_headers(struct compute *compute, const struct compute_band *band, size_t *reach) {
	struct unpack_header note = {0};
	const struct unpack_header *from =
		readback_map(&compute->readback, band->note * sizeof *from, (1 + band->count) * sizeof *from);
	*reach = 0;
	if (!from)
		return -EIO;
	uint32_t count = copy_headers(compute, band, from, &note);
	readback_unmap(&compute->readback);
	compute->readings++;
	for (uint32_t i = 0; i < count; i++) {
		if (!is_sane(compute, band, &compute->headers[i], reach))
			return -EIO;
	}
	/* The note is the first word of the space of one header. */
	return note.serial == expected_note(compute, band->serial, count > 0) ? (int)count : -ENOMSG;
}

/* How many of the headers come with pixels. */
static unsigned count_stored(const struct compute *compute, int headers) {
	unsigned count = 0;
	for (int i = 0; i < headers; i++)
		count += !unpack_is_absent(&compute->headers[i]);
	return count;
}

static int collect_band(struct compute *compute, struct compute_band *band, int bands,
	const struct layers *layers, const struct conversion *conversion) {
	uint32_t column = (uint32_t)layers->grid.x / DAMAGE_TILE,
		 row = (uint32_t)layers->grid.y / DAMAGE_TILE;
	size_t reach = 0;
	uint64_t begin = clock_now_ns();
	int error = wait_for_band(compute, band);
	uint64_t done = clock_now_ns();
	compute->timing.wait_ns += done - begin;
	int count = error ? error : read_headers(compute, band, &reach);
	if (count <= 0)
		return count;
	unsigned stored = count_stored(compute, count);
	const uint8_t *payload = NULL;
	size_t base = compute->payload_at + band->first * tile_room(compute);
	if (reach && !(payload = readback_map(&compute->readback, base, reach)))
		return -EIO;
	tiles_store(&compute->store, compute->headers, (unsigned)count, stored * (unsigned)bands, payload,
		compute->readback.speed.bounce, &layers->part, conversion->picture);
	if (reach)
		readback_unmap(&compute->readback);
	for (int i = 0; i < count; i++) {
		uint32_t tile = compute->headers[i].tile & 0xffffff;
		tiles_report_stored(conversion->damage, conversion->picture, column + tile % compute->columns,
			row + tile / compute->columns, unpack_box(&compute->headers[i]), &layers->part);
	}
	compute->timing.unpack_ns += clock_now_ns() - done;
	compute->stored += stored;
	conversion->result->tiles_changed += (uint32_t)count;
	conversion->result->bytes_read_back += (uint64_t)count * sizeof(struct unpack_header) + reach;
	return 0;
}

/* Each additional band costs a fence, and pays if unpacking takes as long as the GPU does. */
static int bands_after(const struct compute *compute) {
	if (compute->fixed_bands) {
		int most = compute->tiles < COMPUTE_MAX_BANDS ? (int)compute->tiles : COMPUTE_MAX_BANDS;
		return compute->fixed_bands < most ? compute->fixed_bands : most;
	}
	if (!compute->readback.persistent || compute->tiles < 256 || compute->stored < compute->tiles / 4)
		return 1;
	return compute->stored < compute->tiles / 2 ? 2 : 4;
}

static const char *explain(int error) {
	return error == -ETIMEDOUT ? "no answer in 2 s"
	       : error == -ENOMSG  ? "it did not do what it was told to, and gave no error"
				   : "what it wrote makes no sense";
}

/* The result of all bands together. */
static int conclude(struct compute *compute, int bands, int error, uint32_t changed, struct reason *reason) {
	const char *trouble = error ? gles_error(&compute->egl->gl) : NULL;
	compute->proven = !error;
	if (error || changed || bands > 1 || !compute->readback.persistent)
		compute->runs = 0;
	compute->bands = bands_after(compute);
	if (!error)
		return 0;
	return reason_set(reason, -EIO, "the GPU failed: %s%s%s", trouble ? trouble : explain(error),
		*compute->egl->message ? "; the driver says: " : "", compute->egl->message);
}

static bool fits(const struct compute *compute, const struct rect *grid) {
	return compute->width == grid->width && compute->height == grid->height;
}

static int fit(struct compute *compute, const struct rect *grid, struct reason *reason) {
	return fits(compute, grid) ? 0 : resize(compute, grid->width, grid->height, reason);
}

int compute_launch(struct compute *compute, const struct layers *layers, bool fresh,
	const struct spared *spared, struct reason *reason) {
	struct compute_program *at;
	fresh |= !fits(compute, &layers->grid); /* a new size makes every tile count as changed */
	compute->spared = *spared;
	if (fresh)
		compute->spared.count = 0;
	int error = choose_program(compute, layers, &at, reason);
	if (!error)
		error = fit(compute, &layers->grid, reason);
	if (error)
		return error;
	uint64_t begin = clock_now_ns();
	bool calm = is_calm(compute, fresh);
	/* A caller that asks again at once wants the result soon, and a native fence needs no naps. */
	compute->sleeps = calm && !compute->egl->native_fence && begin - compute->launched_ns > SOON_NS;
	compute->launched_count = compute->bands;
	prepare(compute, at, layers, fresh, calm, compute->bands);
	dispatch_all(compute, at, compute->bands, calm);
	compute->launched_ns = begin;
	compute->timing = (struct compute_timing){.launch_ns = clock_now_ns() - begin};
	return 0;
}

/* Whether the note, which is slept for, says that nothing changed. */
static bool is_still(struct compute *compute) {
	uint64_t begin = clock_now_ns();
	if (!sleep_for_note(compute))
		return false;
	compute->timing.slept = true;
	compute->timing.wait_ns = clock_now_ns() - begin;
	return true;
}

int compute_collect(
	struct compute *compute, const struct layers *layers, const struct conversion *conversion) {
	int count = compute->launched_count, error = 0;
	compute->launched_count = 0;
	compute->stored = 0;
	compute->proven = compute->sleeps && is_still(compute);
	if (compute->proven)
		return 0;
	for (int i = 0; i < count; i++) {
		struct compute_band *band = &compute->launched[i];
		if (!error)
			error = collect_band(compute, band, count, layers, conversion);
		egl_fence_drop(compute->egl, &band->fence);
	}
	return conclude(compute, count, error, conversion->result->tiles_changed, conversion->reason);
}

void compute_abandon(struct compute *compute) {
	for (int i = 0; i < compute->launched_count; i++)
		egl_fence_drop(compute->egl, &compute->launched[i].fence);
	compute->launched_count = 0;
	compute->runs = 0;
}
