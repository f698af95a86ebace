/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compute: damage and conversion in one dispatch (OpenGL ES 3.1). Changed tiles are written packed into
 * memory that the CPU reads, and unpacked from there into the picture.
 *
 * Each dispatch leaves a note in that memory, which says that all of it ran and whether it found a change. So
 * a frame in which nothing changed costs a dispatch and a flush, and a driver that silently drops a dispatch
 * (v3d does where the shader does not compile for the hardware) is found out.
 */
#ifndef ZEROVNC_COMPUTE_H
#define ZEROVNC_COMPUTE_H

#include "encode/converter.h"
#include "encode/gl/egl.h"
#include "encode/gl/readback.h"
#include "encode/gl/scanout.h"
#include "encode/gl/tiles.h"

/* Where one variant of the program has its uniforms. */
struct compute_program {
	GLuint program; /* 0: not made so far */
	struct scanout_uniforms scanout;
	GLint size, columns, first_tile, note, serial, everything;
	/* What the uniforms hold already: setting them all anew is most of what an idle frame costs. */
	struct compute_uniforms {
		uint32_t width, height, columns, first_tile, note;
		int everything;
		bool set;
	} held;
	struct scanout shown;
};

/* How long the parts of the last frame took. */
struct compute_timing {
	uint64_t launch_ns, wait_ns, unpack_ns;
	bool slept; /* through the wait, and the GPU's note that nothing changed was all that was read */
};

struct compute {
	struct egl *egl; /* borrowed */
	int threads;     /* a workgroup */
	bool packed;     /* tiles in few bytes; else plain, for renderers on the CPU */
	struct compute_program programs[SCANOUT_KINDS];

	uint32_t width, height, columns, tiles;
	GLuint sent;     /* what viewers have, on the device, tile after tile */
	GLuint never;    /* what is never sent, for some tiles; 0: nobody has asked for any to be forgotten */
	GLuint counters; /* a set for each of many dispatches, zeroed now and then */
	uint32_t serial; /* of the last dispatch; it also says which counters are used up */
	uint32_t runs;   /* dispatches with this serial; 0: it cannot be used again */
	/* What is current: by these the context is known to be as the last frame left it. 0: it is not. */
	GLuint program, texture;
	bool proven; /* by its notes, the last frame ran: GL need not be asked for errors */
	uint64_t launched_ns, usual_sleep_ns;

	struct readback readback;
	size_t payload_at;             /* in the read-back buffer */
	struct unpack_header *headers; /* one a tile, owned */
	struct tiles store;
	int fixed_bands;  /* not 0: bands is always this */
	int fixed_bounce; /* as readback_init() takes it */
	struct compute_timing timing;
	int bands; /* how many dispatches the next frame is cut into: more than one lets unpacking overlap */
};

/* 0 or -ENOTSUP with a reason: the context cannot do it, the fragment path may. */
int compute_init(struct compute *compute, struct egl *egl, struct reason *reason);
/* Also of an all-zero one. */
void compute_finish(struct compute *compute);

/* Others used the context: nothing of what the last frame set is relied on. */
void compute_forget(struct compute *compute);

/* As converter_impl.forget. */
void compute_forget_tiles(struct compute *compute, const struct damage *tiles);

/*
 * As converter_impl.convert, of a frame that is a scanout by now. It must be `fresh` after each change of
 * size. -ENOTSUP, -ENOMEM: it cannot be done for this kind and size, and
 * the context is as good as before. -EIO: it was tried and failed, and the context is to be thrown away.
 */
int compute_run(struct compute *compute, const struct scanout *scanout, const struct conversion *conversion);

#endif
