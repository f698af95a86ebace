/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/control/reader.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct line {
	uv_write_t write;
	struct control_reader *reader;
	char *text;
};

json_t *control_reader_event(const char *name) {
	struct timespec now;
	struct tm parts;
	char seconds[24], text[40];
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(text, sizeof text, "%s.%03ldZ", seconds, now.tv_nsec / 1000000);
	return json_pack("{s:s, s:s}", "event", name, "time", text);
}

static void free_line(struct line *line) {
	free(line->text);
	free(line);
}

/* Returns NULL when out of memory. */
static struct line *write_line(struct control_reader *reader, const json_t *event) {
	struct line *line = calloc(1, sizeof *line);
	char *text = line ? json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
	size_t size = text ? strlen(text) : 0;
	if (line && text)
		line->text = realloc(text, size + 2);
	if (!line || !line->text) {
		free(text);
		free(line);
		return NULL;
	}
	strcpy(line->text + size, "\n");
	line->reader = reader;
	line->write.data = line;
	return line;
}

static bool has_room(const struct control_reader *reader, size_t size) {
	return !reader->lost && uv_stream_get_write_queue_size(reader->stream) + size <= CONTROL_READER_QUEUE;
}

static void tell_of_lost(struct control_reader *reader) {
	json_t *event = control_reader_event("lost");
	json_object_set_new(event, "count", json_integer((json_int_t)reader->lost));
	reader->lost = 0;
	if (event)
		control_reader_tell(reader, event);
	json_decref(event);
}

/* If the reader is gone, reading from it says so. */
static void on_written(uv_write_t *write, int status) {
	struct line *line = write->data;
	struct control_reader *reader = line->reader;
	free_line(line);
	if (status == 0 && reader->lost && uv_stream_get_write_queue_size(reader->stream) == 0)
		tell_of_lost(reader);
}

void control_reader_tell(struct control_reader *reader, const json_t *event) {
	struct line *line = write_line(reader, event);
	uv_buf_t buffer = line ? uv_buf_init(line->text, (unsigned)strlen(line->text)) : (uv_buf_t){0};
	if (line && has_room(reader, buffer.len) &&
		uv_write(&line->write, reader->stream, &buffer, 1, on_written) == 0)
		return;
	reader->lost++;
	if (line)
		free_line(line);
}
