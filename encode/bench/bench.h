/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench: what converting a frame costs by several converters on the same frames: how long it takes, and how
 * much processor time it uses.
 *
 * It measures one conversion into a picture that nobody sees. Acquiring the frame is measured separately,
 * because it is the same for all. What another program shows cannot be changed here, so a converter is told
 * to forget tiles instead, and then does the same work for them (converter_impl.forget). Each kind of frame
 * is measured back to back, and at 60 Hz with sleeps in between, in which clocks of idle processors and GPUs
 * drop and caches go cold.
 *
 * One thread makes every call.
 */
#ifndef ZEROVNC_BENCH_H
#define ZEROVNC_BENCH_H

#include <signal.h>

#include "capture/source.h"
#include "encode/converter.h"
#include "encode/durations.h"

enum bench_pace { BENCH_BACK_TO_BACK, BENCH_60HZ, BENCH_PACES };

/* BENCH_TENTH: a tenth of the tiles, side by side. BENCH_NEW_BUFFER: nothing changed, but the frame is in a
 * buffer that is new to the converter, so it has to import or map it. */
enum bench_kind { BENCH_NOTHING, BENCH_TENTH, BENCH_ALL, BENCH_NEW_BUFFER, BENCH_KINDS };

/* For people: "at 60 Hz", "nothing changed". */
extern const char *const bench_pace_names[BENCH_PACES];
extern const char *const bench_kind_names[BENCH_KINDS];

/* Conversions of one kind, at one pace. */
struct bench_series {
	struct durations wall, cpu; /* `cpu` is that of the whole process */
	uint64_t frames;            /* that were measured; 0: none, and nothing here is valid */
	uint32_t tiles_changed;     /* in the last frame; more than was asked for if the screen changed */
	uint64_t bytes_read_back;   /* for the last frame */
};

enum { BENCH_MAX_COLUMNS = 3 };

/* One converter. */
struct bench_column {
	const char *name;            /* "cpu", "gpu"; static */
	struct converter *converter; /* owned; NULL: there is none */
	struct reason missing;       /* why it was not measured, or not to the end; "" if it was */
	bool software;               /* its renderer draws on the CPU */
	enum converter_import import;
	struct bench_series series[BENCH_PACES][BENCH_KINDS];

	unsigned source_flags;
	bool fresh; /* the picture does not hold what the converter left there */
	struct picture picture;
	struct damage damage;
};

struct bench {
	struct source *source; /* borrowed */
	uint32_t width, height, tiles;
	uint32_t fourcc; /* of the lowest layer; 0 if the output is black */
	struct durations acquire[BENCH_PACES];
	struct bench_column columns[BENCH_MAX_COLUMNS];
	int column_count;
	bool interrupted;

	struct damage forgotten;
};

/* Looks at the source once. 0, or -errno with a reason if it gives nothing (-EAGAIN: at present). */
int bench_create(struct source *source, struct bench **bench, struct reason *reason);
/* Takes NULL. */
void bench_destroy(struct bench *bench);

/* Adds a column, takes ownership of its converter, and tries it on a frame. 0, or -errno if it cannot read
 * such frames, and then the column says why. */
int bench_add(struct bench *bench, const char *name, struct converter *converter, bool software);
/* Adds the column of a converter that is not available. */
void bench_add_missing(struct bench *bench, const char *name, const char *why);

struct bench_options {
	unsigned seconds;                  /* for everything; exceeded only if two frames take longer */
	const volatile sig_atomic_t *stop; /* if it becomes true, end with what was measured; may be NULL */
	void (*progress)(void *context, unsigned done, unsigned total); /* may be NULL */
	void *context;
};

/* Measures. Returns whether anything was measured. */
bool bench_run(struct bench *bench, const struct bench_options *options);

/* Whether the column has this kind. There is no BENCH_NEW_BUFFER for memory, which is not imported. */
bool bench_has(const struct bench_column *column, enum bench_kind kind);

#endif
