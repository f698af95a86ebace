/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control_reader: a client of the control socket that is told what happens, one JSON object a line, until it
 * leaves. What it does not read in time waits in a queue of CONTROL_READER_QUEUE bytes. If that is full, the
 * events that follow are lost to this reader alone, until it has read all that waits; then it is told how
 * many they were. Loop thread.
 */
#ifndef ZEROVNC_CONTROL_READER_H
#define ZEROVNC_CONTROL_READER_H

#include <jansson.h>
#include <stdint.h>
#include <uv.h>

enum { CONTROL_READER_QUEUE = 64 << 10 };

/* Starts zeroed. */
struct control_reader {
	uv_stream_t *stream; /* borrowed, until it is closed; NULL: it reads no events */
	uint64_t lost;       /* events since the queue was full */
};

/* An event of this name, at this moment: {"event": NAME, "time": "2026-11-29T10:20:30.123Z"}. A new
 * reference. NULL: out of memory. */
json_t *control_reader_event(const char *name);

/* Sends the event, or drops and counts it. `event` is borrowed during the call. */
void control_reader_tell(struct control_reader *reader, const json_t *event);

#endif
