/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compute: damage and conversion in one dispatch (OpenGL ES 3.1). Changed tiles are written in packed form
 * into memory that the CPU reads, and unpacked from there into the picture.
 *
 * Each dispatch leaves a note in that memory, which says that all of it ran and whether it found a change. So
 * a frame in which nothing changed costs a dispatch and a flush. A driver that silently drops a dispatch is
 * detected, too; v3d does that if the shader does not compile for the hardware.
 */
#ifndef ZEROVNC_COMPUTE_H
#define ZEROVNC_COMPUTE_H

#include "encode/converter.h"
#include "encode/gl/egl.h"
#include "encode/gl/layers.h"
#include "encode/gl/readback.h"
#include "encode/gl/spared.h"
#include "encode/gl/tiles.h"

/* Where one variant of the program has its uniforms. */
struct compute_program {
	GLuint program; /* 0 if it was not made so far */
	struct layers_uniforms layers;
	GLint size, columns, first_tile, note, serial, everything, spared;
	/* What the uniforms hold already. Setting them all anew is most of what an idle frame costs. */
	struct compute_uniforms {
		uint32_t width, height, columns, first_tile, note, serial;
		int everything;
		bool set;
	} held;
	struct spared spares; /* likewise, if the program spares tiles */
	struct layers_held shown;
};

/* The programs of one context, which all computes in it use. An all-zero one has none. */
struct compute_programs {
	struct variant_cache variants;
	struct compute_program at[VARIANT_CACHE];
	GLuint current; /* the one in use; 0: not known */
	/* Launches are numbered. These are the newest one, the newest that surely was sent to the GPU, and
	 * the newest that surely is done. */
	uint64_t launched, sent, done;
};

/* One dispatch: some of the tiles, with a note, headers and payload in a part of the buffer of their own. */
struct compute_band {
	uint32_t first, count; /* tiles */
	uint32_t note;         /* where the note is, among the headers */
	uint32_t serial;
	struct egl_fence fence;
	uint64_t covers; /* the newest launch that is done once the fence is passed; 0: there is no fence */
};

enum { COMPUTE_MAX_BANDS = 8 };

/* How long the parts of the last frame took. */
struct compute_timing {
	uint64_t launch_ns, wait_ns, unpack_ns;
	bool slept; /* we slept through the wait, and read only the GPU's note that nothing changed */
};

struct compute {
	struct egl *egl; /* borrowed */
	int threads;     /* per workgroup */
	bool packed;     /* tiles come in few bytes; otherwise plain, for renderers on the CPU */
	GLint textures;  /* that one shader may read */
	struct compute_programs
		*programs; /* borrowed; all of them are for these threads, and packed or not */

	uint32_t width, height, columns, tiles; /* of the layers' grid */
	GLuint sent;                            /* what viewers have, on the device, tile after tile */
	GLuint never; /* values that are never sent, for some tiles; 0 if no tiles were to be forgotten yet */
	GLuint counters; /* a set for each of many dispatches, zeroed now and then */
	uint32_t serial; /* of the last dispatch; it also says which counters are used up */
	uint32_t runs;   /* dispatches with this serial; 0: it cannot be used again */
	bool bound;      /* the context has our buffers and textures, as the last frame left them */
	GLuint texture;  /* the lowest layer's */
	bool proven;     /* the notes prove that the last frame ran, so GL need not be asked for errors */
	uint64_t launched_ns, usual_sleep_ns, usual_wait_ns;

	/* What was launched and is not collected. */
	struct compute_band launched[COMPUTE_MAX_BANDS];
	int launched_count;
	uint64_t launch;      /* its number */
	bool sleeps;          /* its note is to be slept for */
	struct spared spared; /* what of it comes without pixels */
	uint32_t stored;      /* tiles of it that came with pixels */
	bool cannot_spare;    /* the driver did not take the program for that */

	struct readback readback;
	size_t payload_at;             /* in the read-back buffer */
	struct unpack_header *headers; /* one per tile, owned */
	uint64_t *named;               /* one per tile, owned: the last reading of headers that named it */
	uint64_t readings;
	struct tiles store;
	int fixed_bands;  /* if it is not 0, `bands` always has this value */
	int fixed_bounce; /* as for readback_init() */
	struct compute_timing timing;
	int bands; /* the number of dispatches of the next frame; with more than one, unpacking overlaps them
		    */
};

/* 0, or -ENOTSUP with a reason if the context cannot do it. The fragment path may. `programs` are the
 * context's. */
int compute_init(
	struct compute *compute, struct egl *egl, struct compute_programs *programs, struct reason *reason);
/* An all-zero one may be finished, too. */
void compute_finish(struct compute *compute);

/* To be called before the context is closed. */
void compute_programs_finish(struct compute_programs *programs, const struct gles *gl);

/* To be called after another compute used the context: nothing that the last frame bound is relied on. */
void compute_unbind(struct compute *compute);
/* To be called after others than computes used the context: it may have another program in use. */
void compute_programs_forget(struct compute_programs *programs);

/* As converter_impl.forget. 0, or -ENOMEM, and nothing is forgotten. */
int compute_forget_tiles(struct compute *compute, const struct damage *tiles);

/*
 * Has the GPU compare and convert the layers of a frame. If it returns 0, compute_collect() or
 * compute_abandon() must follow; other computes may use the context before that. `fresh` as in struct
 * conversion; it must be set after each change of size. `spared` need not be stored if they change, unless
 * everything is. -ENOTSUP, -ENOMEM: it cannot be done for such layers and this size, and the context is as
 * good as before.
 */
int compute_launch(struct compute *compute, const struct layers *layers, bool fresh,
	const struct spared *spared, struct reason *reason);

/* Waits for what was launched, and stores it as converter_impl.convert does. 0, or -EIO: it failed, and the
 * context must be thrown away. */
int compute_collect(
	struct compute *compute, const struct layers *layers, const struct conversion *conversion);

/* Forgets what was launched. The next conversion must be `fresh`. */
void compute_abandon(struct compute *compute);

#endif
