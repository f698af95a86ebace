/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * path: which converter serves, why, and what happens when it cannot continue.
 *
 * `auto` takes the GPU if its renderer is hardware and the frames can be imported, and otherwise the CPU if
 * the memory is linear and readable. A software renderer is never chosen automatically, and does not stay in
 * memory. If the GPU path fails while it runs, the CPU takes over if it can. The GPU is tried again on the
 * next buffer of another shape, or every few seconds if neither can read what is shown.
 *
 * The frame thread makes every call, except that any thread may call path_report().
 */
#ifndef ZEROVNC_PATH_H
#define ZEROVNC_PATH_H

#include "capture/source.h"
#include "encode/converter.h"

/*
 * PATH_GPU: the GPU even if its renderer is software. The CPU still converts a frame that the GPU cannot
 * read, and the report says so. But if there is no GL at all, every frame is refused. PATH_CPU: never the
 * GPU.
 */
enum path_kind { PATH_AUTO, PATH_GPU, PATH_CPU };

struct path;

/*
 * Which OpenGL there is can be tried out in a separate process. For that, the program calls
 * path_enable_probe() before its first thread, and if its arguments are PATH_PROBE_COMMAND and a card's node,
 * main() returns what path_answer_probe() returns. Otherwise OpenGL is tried in this process, where its
 * libraries then stay for good.
 */
#define PATH_PROBE_COMMAND "probe-gl"
void path_enable_probe(void);
int path_answer_probe(const char *card_node);
/* For a program that may start no other: see encode/gl/probe.h. */
void path_use_prober(int fd);
void path_serve_probes(int fd);

/* NULL if memory ran out. Converters are made when the first frame comes. */
struct path *path_create(enum path_kind kind);

/* Where converters come from. Tests supply their own. */
struct path_makers {
	/* 0, or -errno with a reason. `software`: the renderer runs on the CPU. */
	int (*gpu)(
		const char *card_node, struct converter **converter, bool *software, struct reason *reason);
	struct converter *(*cpu)(void);
	/*
	 * Finds out in another process what `gpu` would result in, with GL_RENDERER's name. 0; -ENOSYS if
	 * only `gpu` itself can find out; another -errno with a reason if it would fail. NULL means -ENOSYS.
	 */
	int (*probe)(const char *card_node, bool *software, char renderer[128], struct reason *reason);
};
/* The makers that path_create() uses. */
extern const struct path_makers path_default_makers;
struct path *path_create_with(enum path_kind kind, const struct path_makers *makers);

/* Takes NULL. */
void path_destroy(struct path *path);

/* The flags to acquire the next frame with (enum source_flags). */
unsigned path_source_flags(const struct path *path);

/*
 * Converts by the chosen converter, after choosing or falling back if necessary. `card_node` is the source's,
 * and may be empty. Otherwise as converter_impl.convert. -ENODATA: acquire again with path_source_flags() and
 * call this again.
 *
 * If no converter can read the layers of a frame together, only the lowest layer is converted. Then
 * result->layers_left_out tells how many are missing, and `reason` why.
 */
int path_convert(struct path *path, const char *card_node, const struct conversion *conversion);

/* Lets a device begin with the frame, so that it works while other paths begin theirs (converter_impl.begin).
 * The next call must be path_convert() with the same conversion. */
void path_begin(struct path *path, const char *card_node, const struct conversion *conversion);

/* Gives back what pins the memory of buffers, because nobody will look for a while (converter_impl.release).
 */
void path_release(struct path *path);

/* Closes also what has the card open, which is a GPU's context with its buffers, until the next conversion.
 * What was found out about the card is kept. */
void path_let_go(struct path *path);

/* Which path serves and why, for people. */
struct path_report {
	char path[8]; /* "gpu", "cpu", "" before the first frame */
	char renderer[128];
	char reason[320]; /* why this path */
	char detail[384];
};
void path_report(struct path *path, struct path_report *report);

#endif
