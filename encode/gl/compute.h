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
#include "encode/gl/tiles.h"

/* Where one variant of the program has its uniforms. */
struct compute_program {
	GLuint program; /* 0 if it was not made so far */
	struct layers_uniforms layers;
	GLint size, columns, first_tile, note, serial, everything;
	/* What the uniforms hold already. Setting them all anew is most of what an idle frame costs. */
	struct compute_uniforms {
		uint32_t width, height, columns, first_tile, note;
		int everything;
		bool set;
	} held;
	struct layers_held shown;
};

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
	struct variant_cache variants;
	struct compute_program programs[VARIANT_CACHE];

	uint32_t width, height, columns, tiles; /* of the layers' grid */
	GLuint sent;                            /* what viewers have, on the device, tile after tile */
	GLuint never; /* values that are never sent, for some tiles; 0 if no tiles were to be forgotten yet */
	GLuint counters; /* a set for each of many dispatches, zeroed now and then */
	uint32_t serial; /* of the last dispatch; it also says which counters are used up */
	uint32_t runs;   /* dispatches with this serial; 0: it cannot be used again */
	/* What is current in the context, if it is known to be as the last frame left it; otherwise 0. */
	GLuint program, texture;
	bool proven; /* the notes prove that the last frame ran, so GL need not be asked for errors */
	uint64_t launched_ns, usual_sleep_ns;

	struct readback readback;
	size_t payload_at;             /* in the read-back buffer */
	struct unpack_header *headers; /* one per tile, owned */
	struct tiles store;
	int fixed_bands;  /* if it is not 0, `bands` always has this value */
	int fixed_bounce; /* as for readback_init() */
	struct compute_timing timing;
	int bands; /* the number of dispatches of the next frame; with more than one, unpacking overlaps them
		    */
};

/* 0, or -ENOTSUP with a reason if the context cannot do it. The fragment path may. */
int compute_init(struct compute *compute, struct egl *egl, struct reason *reason);
/* An all-zero one may be finished, too. */
void compute_finish(struct compute *compute);

/* To be called after others used the context: nothing that the last frame set is relied on any more. */
void compute_forget(struct compute *compute);

/* As converter_impl.forget. */
void compute_forget_tiles(struct compute *compute, const struct damage *tiles);

/*
 * As converter_impl.convert, for the layers of a frame. The conversion must be `fresh` after each change of
 * size. -ENOTSUP, -ENOMEM: it cannot be done for such layers and this size, and the context is as good as
 * before. -EIO: it was tried and failed, and the context must be thrown away.
 */
int compute_run(struct compute *compute, const struct layers *layers, const struct conversion *conversion);

#endif
