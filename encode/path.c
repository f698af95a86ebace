/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/path.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/tone.h"
#include "encode/cpu/cpu.h"
#ifdef ZEROVNC_GL
#include "encode/gl/gl.h"
#include "encode/gl/probe.h"
#endif

enum {
	MAX_REFUSED = 8,
	FORGIVING_FRAMES = 600, /* retry refused shapes after this many successes in a row */
	HOPELESS_FRAMES =
		20 /* or after this many frames that no converter could read, which is some seconds */
};

struct path {
	enum path_kind kind;
	const struct path_makers *makers;
	struct converter *cpu, *gpu;  /* NULL until needed */
	const struct converter *last; /* the one that stored the newest picture */
	unsigned source_flags;

	char card_node[64]; /* the card for which `gpu` was made or could not be made */
	bool gpu_tried, gpu_software, gpu_needs_memory;
	bool gpu_made;                              /* `gpu` was made at least once */
	char gpu_renderer[128];                     /* of `gpu`, or of one that is not worth having */
	struct reason gpu_reason;                   /* why there is no gpu, or why it does not serve */
	uint64_t refused[MAX_REFUSED];              /* shapes that the gpu could not read; 0: none */
	unsigned next_refused, failures, successes; /* failures and successes are counted in a row */
	unsigned hopeless;                          /* frames that neither converter could read */

	pthread_mutex_t lock; // path::report
	struct path_report report;
};

#ifdef ZEROVNC_GL
static int make_gpu(
	const char *card_node, struct converter **converter, bool *software, struct reason *reason) {
	int error = gl_converter_create(card_node, NULL, converter, reason);
	if (!error)
		*software = gl_converter_is_software(*converter);
	return error;
}

static int probe_gpu(const char *card_node, bool *software, char renderer[128], struct reason *reason) {
	struct probe probe;
	int error = probe_card(card_node, &probe, reason);
	if (error)
		return error;
	*software = probe.software;
	memcpy(renderer, probe.renderer, sizeof probe.renderer);
	if (probe.error)
		*reason = probe.reason;
	/* -ENOSYS would mean that the probe was not asked. */
	return probe.error == -ENOSYS ? -ENODEV : probe.error;
}

void path_enable_probe(void) {
	probe_enable();
}

int path_answer_probe(const char *card_node) {
	return probe_answer(card_node);
}

void path_use_prober(int fd) {
	probe_use(fd);
}

void path_serve_probes(int fd) {
	probe_serve(fd);
}
#else
static int make_gpu(
	const char *card_node, struct converter **converter, bool *software, struct reason *reason) {
	(void)card_node;
	(void)converter;
	(void)software;
	return reason_set(reason, -ENOSYS, "this zerovnc was built without OpenGL ES");
}

static int probe_gpu(const char *card_node, bool *software, char renderer[128], struct reason *reason) {
	(void)card_node;
	(void)software;
	(void)renderer;
	(void)reason;
	return -ENOSYS;
}

void path_enable_probe(void) {
}

int path_answer_probe(const char *card_node) {
	(void)card_node;
	return 1;
}

void path_use_prober(int fd) {
	(void)fd;
}

void path_serve_probes(int fd) {
	(void)fd;
}
#endif

const struct path_makers path_default_makers = {
	.gpu = make_gpu, .cpu = cpu_converter_create, .probe = probe_gpu};

struct path *path_create_with(enum path_kind kind, const struct path_makers *makers) {
	struct path *path = calloc(1, sizeof *path);
	if (!path)
		return NULL;
	path->kind = kind;
	path->makers = makers;
	pthread_mutex_init(&path->lock, NULL);
	return path;
}

struct path *path_create(enum path_kind kind) {
	return path_create_with(kind, &path_default_makers);
}

void path_destroy(struct path *path) {
	if (!path)
		return;
	converter_destroy(path->gpu);
	converter_destroy(path->cpu);
	pthread_mutex_destroy(&path->lock);
	free(path);
}

unsigned path_source_flags(const struct path *path) {
	return path->source_flags;
}

static uint64_t mix(uint64_t hash, uint64_t value) {
	return (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15) + (hash >> 29);
}

/* A number for everything that decides whether a converter can read a frame, but not for the buffer. Never 0.
 */
static uint64_t shape_of(const struct frame *frame) {
	uint64_t hash = mix(1, (uint64_t)frame->layer_count);
	hash = mix(hash, frame->colour || tone_is_needed(&frame->signal)); /* one texture more for a GPU */
	for (int i = 0; i < frame->layer_count; i++) {
		const struct frame_layer *layer = &frame->layers[i];
		hash = mix(hash, (uint64_t)layer->width << 32 | layer->height);
		hash = mix(hash, (uint64_t)layer->fourcc << 32 | layer->rotation);
		hash = mix(hash, layer->modifier);
		hash = mix(hash, (uint64_t)layer->planes[0].pitch << 32 | (uint32_t)layer->plane_count);
		hash = mix(hash, (uint64_t)(layer->palette != NULL) << 1 | (layer->planes[0].fd >= 0));
		/* A framebuffer that is scaled or blended now may be shown as it is later. */
		hash = mix(hash, (uint64_t)layer->source.width << 32 | layer->source.height);
		hash = mix(hash, (uint64_t)layer->destination.width << 32 | layer->destination.height);
		hash = mix(hash, (uint64_t)layer->blend << 1 | (layer->alpha == 0xffff));
	}
	return hash ? hash : 1;
}

static void drop_gpu(struct path *path) {
	if (path->last == path->gpu)
		path->last = NULL;
	converter_destroy(path->gpu);
	path->gpu = NULL;
	path->gpu_needs_memory = false;
	path->failures = 0;
}

static void forget_card(struct path *path, const char *card_node) {
	drop_gpu(path);
	memset(path->refused, 0, sizeof path->refused);
	path->gpu_tried = path->gpu_made = path->gpu_software = false;
	snprintf(path->card_node, sizeof path->card_node, "%s", card_node);
}

/* Whether it is worth making a gpu converter. If not, says why. */
static bool is_worth_making(struct path *path) {
	/* With --path=gpu any renderer will do, and a renderer that was hardware before still is. */
	if (path->kind != PATH_AUTO || path->gpu_made || !path->makers->probe)
		return true;
	int error = path->makers->probe(
		path->card_node, &path->gpu_software, path->gpu_renderer, &path->gpu_reason);
	return error == -ENOSYS || (!error && !path->gpu_software);
}

static void make(struct path *path) {
	path->gpu_software = false;
	if (path->makers->gpu(path->card_node, &path->gpu, &path->gpu_software, &path->gpu_reason) != 0) {
		path->gpu = NULL;
		return;
	}
	path->gpu_made = true;
	memcpy(path->gpu_renderer, path->gpu->renderer, sizeof path->gpu_renderer);
	if (path->kind == PATH_AUTO && path->gpu_software)
		drop_gpu(path);
}

/* Makes the gpu converter if there is none. If that fails, it is not tried again on this card, but see
 * hope(). */
static bool have_gpu(struct path *path) {
	if (path->gpu || path->gpu_tried)
		return path->gpu;
	path->gpu_tried = true;
	if (is_worth_making(path))
		make(path);
	return path->gpu;
}

static void refuse(struct path *path, uint64_t shape) {
	path->refused[path->next_refused++ % MAX_REFUSED] = shape;
}

static bool is_refused(const struct path *path, uint64_t shape) {
	for (int i = 0; i < MAX_REFUSED; i++) {
		if (path->refused[i] == shape)
			return true;
	}
	return false;
}

/* A GPU that is being reset fails for seconds, and a tiled framebuffer has no other reader. */
static void hope(struct path *path) {
	if (++path->hopeless % HOPELESS_FRAMES)
		return;
	memset(path->refused, 0, sizeof path->refused);
	path->gpu_tried = path->gpu || (path->kind == PATH_AUTO && path->gpu_software);
}

/* Whether the pixels only lie in memory. The CPU reads these in place, but they would first have to be sent
 * to the GPU. */
static bool lies_in_memory(const struct frame *frame) {
	return frame->layer_count == 0 ||
	       (frame->layer_count == 1 && frame->layers[0].memory && frame->layers[0].planes[0].fd < 0);
}

/* Whether the gpu is to be tried on this frame. If not, `why` says why not. */
static bool wants_gpu(struct path *path, const struct frame *frame, struct reason *why) {
	if (path->kind == PATH_CPU) {
		reason_set(why, 0, "--path=cpu asks for it");
		return false;
	}
	if (path->kind == PATH_AUTO && lies_in_memory(frame)) {
		/* If there is a plane_id, it is a card's plane that the source had to map, because its driver
		 * exports nothing. */
		reason_set(why, 0, "%s",
			frame->layer_count && frame->layers[0].plane_id
				? "the card's driver exports no dma-buf that the GPU could import (Linux 6.6 brought that to all drivers)"
				: "the pixels lie in this process's memory already, there is nothing to import");
		return false;
	}
	if (is_refused(path, shape_of(frame))) {
		reason_set(why, 0,
			"the gpu path cannot read these frames: %.200s; it is tried again when their shape changes",
			path->gpu_reason.text);
		return false;
	}
	if (!have_gpu(path) && path->gpu_software) {
		reason_set(why, 0,
			"the GL renderer is software (%.100s), slower than reading mapped memory; --path=gpu would force it",
			path->gpu_renderer);
		return false;
	}
	if (!path->gpu) {
		reason_set(why, 0, "there is no gpu path: %.240s", path->gpu_reason.text);
		return false;
	}
	reason_set(why, 0,
		path->kind == PATH_GPU ? "--path=gpu asks for it"
				       : "the GL renderer is hardware and can import the frames");
	return true;
}

/* The gpu compares with a copy of its own, which only holds what it stored itself. */
static bool is_fresh_for_gpu(const struct path *path, const struct conversion *conversion) {
	return conversion->fresh || path->last != path->gpu;
}

void path_begin(struct path *path, const char *card_node, const struct conversion *conversion) {
	struct reason ignored;
	struct conversion first = *conversion;
	if (!path->gpu || !path->gpu->impl->begin || strcmp(path->card_node, card_node) != 0 ||
		!wants_gpu(path, conversion->frame, &ignored))
		return;
	first.fresh = is_fresh_for_gpu(path, conversion);
	path->gpu->impl->begin(path->gpu, &first);
}

static void say(struct path *path, const struct converter *converter, const struct reason *why) {
	struct path_report *report = &path->report;
	pthread_mutex_lock(&path->lock);
	snprintf(report->path, sizeof report->path, "%s", converter->impl->name);
	snprintf(report->renderer, sizeof report->renderer, "%s", converter->renderer);
	snprintf(report->detail, sizeof report->detail, "%s", converter->detail);
	snprintf(report->reason, sizeof report->reason, "%s", why->text);
	pthread_mutex_unlock(&path->lock);
}

static int run(struct path *path, struct converter *converter, const struct conversion *conversion) {
	int error = converter->impl->convert(converter, conversion);
	/* The CPU keeps no copy of the picture: if it wrote nothing, the GPU's still holds. */
	if (!error || converter == path->gpu || !damage_is_empty(conversion->damage))
		path->last = error ? NULL : converter;
	return error;
}

/* 0: done. 1: the cpu has to do it, and `why` says why. Otherwise -errno. */
static int try_gpu(struct path *path, struct conversion conversion, struct reason *why) {
	struct reason reason = {""};
	conversion.reason = &reason;
	conversion.fresh = is_fresh_for_gpu(path, &conversion);
	int error = run(path, path->gpu, &conversion);
	if (!error) {
		path->failures = 0;
		if (++path->successes % FORGIVING_FRAMES == 0)
			memset(path->refused, 0, sizeof path->refused);
		path->source_flags = path->gpu_needs_memory ? SOURCE_MAP_MEMORY : 0;
		return 0;
	}
	if (error == -ETIMEDOUT) { /* the cpu would wait in vain, too */
		*why = reason;
		return error;
	}
	path->gpu_reason = reason;
	path->successes = 0;
	if (error == -ENODATA && path->kind == PATH_GPU && !path->gpu_needs_memory) {
		path->gpu_needs_memory = true;
		path->source_flags |= SOURCE_MAP_MEMORY;
		*why = reason;
		return error;
	}
	if (error == -ENOTSUP || error == -ENODATA) {
		refuse(path, shape_of(conversion.frame));
	} else if (++path->failures > 1) {
		/* It is of no more use. A new one is made for the next shape. */
		refuse(path, shape_of(conversion.frame));
		drop_gpu(path);
		path->gpu_tried = false;
	}
	reason_set(why, 0, "the gpu path could not read this frame: %.240s", reason.text);
	return 1;
}

static int run_cpu(struct path *path, const struct conversion *conversion, const struct reason *why) {
	struct reason *reason = conversion->reason;
	if (!path->cpu)
		path->cpu = path->makers->cpu();
	if (!path->cpu)
		return reason_set(reason, -ENOMEM, "out of memory");
	/* The cpu compares with the picture itself, whoever wrote that. Tiles that a failing gpu wrote to
	 * before stay in the damage. */
	struct conversion own = *conversion;
	own.taken_over = path->last != path->cpu;
	int error = run(path, path->cpu, &own);
	if (!error)
		say(path, path->cpu, why);
	if (error == -ENODATA && path->source_flags & SOURCE_MAP_MEMORY) {
		struct reason both = *reason;
		hope(path);
		return reason_set(
			reason, -ENOTSUP, "%.250s, and the source could not map it either", both.text);
	}
	if (error == -ENODATA)
		path->source_flags |= SOURCE_MAP_MEMORY;
	if (error == -ENOTSUP && path->kind != PATH_CPU) {
		struct reason cpu = *reason;
		reason_set(reason, error, "%.150s; %.150s", cpu.text, why->text);
		hope(path);
	}
	return error;
}

static int convert(struct path *path, const struct conversion *conversion) {
	struct reason why = {""};
	if (wants_gpu(path, conversion->frame, &why)) {
		struct reason chosen = why;
		int left = try_gpu(path, *conversion, &why);
		if (left <= 0) {
			if (left == 0)
				say(path, path->gpu, &chosen);
			else
				*conversion->reason = why;
			return left;
		}
	} else if (path->kind == PATH_GPU && path->gpu_tried && !path->gpu_made) {
		return reason_set(conversion->reason, -ENOTSUP,
			"--path=gpu was asked for, but %.200s; --path=auto would serve by the cpu",
			path->gpu_reason.text);
	}
	return run_cpu(path, conversion, &why);
}

/* What no converter can read with all its planes is better shown without the upper ones than not at all. */
int path_convert(struct path *path, const char *card_node, const struct conversion *conversion) {
	memset(conversion->result, 0, sizeof *conversion->result);
	if (strcmp(path->card_node, card_node) != 0)
		forget_card(path, card_node);
	int error = convert(path, conversion);
	if (error != -ENOTSUP || conversion->frame->layer_count < 2)
		return error;
	struct frame lowest = *conversion->frame; /* a view: its fds stay the frame's */
	struct reason ignored;
	struct conversion less = *conversion;
	lowest.layer_count = 1;
	less.frame = &lowest;
	less.reason = &ignored;
	if (convert(path, &less) != 0)
		return error;
	conversion->result->layers_left_out = conversion->frame->layer_count - 1;
	return 0;
}

void path_release(struct path *path) {
	if (path->gpu)
		path->gpu->impl->release(path->gpu);
	if (path->cpu)
		path->cpu->impl->release(path->cpu);
}

void path_let_go(struct path *path) {
	path_release(path);
	if (path->gpu) {
		drop_gpu(path);
		path->gpu_tried = false;
	}
}

void path_report(struct path *path, struct path_report *report) {
	pthread_mutex_lock(&path->lock);
	*report = path->report;
	pthread_mutex_unlock(&path->lock);
}
