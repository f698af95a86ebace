/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * path: which converter serves, why, and what happens when it cannot go on.
 *
 * `auto` takes the GPU where its renderer is hardware and the frames can be imported, else the CPU where the
 * memory is linear and readable; a software renderer is never chosen by itself, and does not stay in memory.
 * A GPU path that fails while running falls to the CPU if that can work, and is tried again on the next
 * buffer of another shape, or every few seconds where neither can read what is shown.
 *
 * The frame thread makes every call, but path_report() may be called from any thread.
 */
#ifndef ZEROVNC_PATH_H
#define ZEROVNC_PATH_H

#include "capture/source.h"
#include "encode/converter.h"

/*
 * PATH_GPU: the GPU even where its renderer is software. A frame that it cannot read still falls to the CPU,
 * and the report says so; but where there is no GL at all every frame is refused. PATH_CPU: never the GPU.
 */
enum path_kind { PATH_AUTO, PATH_GPU, PATH_CPU };

struct path;

/*
 * What OpenGL there is is tried in a process of its own where the program lets that be done: before its first
 * thread it calls path_enable_probe(), and where its arguments are PATH_PROBE_COMMAND and a card's node,
 * main() returns what path_answer_probe() returns. Else it is tried in this process, where libraries stay for
 * good.
 */
#define PATH_PROBE_COMMAND "probe-gl"
void path_enable_probe(void);
int path_answer_probe(const char *card_node);

/* NULL where memory ran out. Converters are made when the first frame comes. */
struct path *path_create(enum path_kind kind);

/* Where converters come from. Tests give their own. */
struct path_makers {
	/* 0, or -errno with a reason. `software`: the renderer runs on the CPU. */
	int (*gpu)(
		const char *card_node, struct converter **converter, bool *software, struct reason *reason);
	struct converter *(*cpu)(void);
	/*
	 * What `gpu` would come to, with GL_RENDERER's name, found out elsewhere. 0; -ENOSYS: it can be found
	 * out by `gpu` alone; else -errno with a reason: it would fail. NULL: as -ENOSYS.
	 */
	int (*probe)(const char *card_node, bool *software, char renderer[128], struct reason *reason);
};
/* Those that path_create() takes. */
extern const struct path_makers path_default_makers;
struct path *path_create_with(enum path_kind kind, const struct path_makers *makers);

/* Takes NULL. */
void path_destroy(struct path *path);

/* The flags to acquire the next frame with (enum source_flags). */
unsigned path_source_flags(const struct path *path);

/*
 * Converts by the chosen converter, choosing or falling back first where needed. `card_node`: of the source,
 * may be empty. As converter_impl.convert; -ENODATA: acquire again with path_source_flags() and call again.
 */
int path_convert(struct path *path, const char *card_node, const struct conversion *conversion);

/* Nobody looks for a while: gives back what pins the memory of buffers (converter_impl.release). */
void path_release(struct path *path);

/* Closes what has the card open as well, a GPU's context with its buffers, until the next conversion; what
 * was learnt about the card is kept. */
void path_let_go(struct path *path);

/* What serves and why, for people. */
struct path_report {
	char path[8]; /* "gpu", "cpu", "" before the first frame */
	char renderer[128];
	char reason[320]; /* why this path */
	char detail[384];
};
void path_report(struct path *path, struct path_report *report);

#endif
