/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_broker: what it costs that another process reads the screen. One screen, which costs nothing by
 * itself, is asked directly and by a broker, by turns: what a beat asks (cursor, peek), what a frame asks
 * (acquire, is_current), and a frame of which the broker has to copy the pixels. With each frame goes a
 * question to the keyholder, which is asked about a node without a driver (for which this must run as root).
 * By turns with them, processes exchange as many messages and descriptors that do nothing else (bench_trips).
 * Prints microseconds, processor time being that of all processes.
 *
 *   bench_broker [--frames=N]
 *
 * With --frames, asks the broker for so many frames and cursors instead, and prints what memory and how many
 * descriptors both processes have at ten moments.
 */
#include <drm.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/base/clock.h"
#include "capture/broker/broker.h"
#include "capture/broker/client.h"
#include "capture/broker/entrance.h"
#include "capture/broker/key.h"
#include "capture/kms/device.h"

#include "bench_trips.h"

enum { WIDTH = 1920, HEIGHT = 1080, ROUNDS = 4000, COPIES = 200 };

static uint32_t *pixels;
static int buffer, card = -1;

struct screen {
	struct source base;
	bool copied; /* it has no dma-buf */
};

static int peek(struct source *source, uint64_t *token) {
	(void)source;
	*token = 1;
	return 0;
}

static int acquire(struct source *source, unsigned flags, struct frame *frame, struct reason *reason) {
	(void)flags;
	(void)reason;
	struct drm_mode_fb_cmd2 fb = {.fb_id = 1};
	if (card >= 0)
		kms_device_ask(card, DRM_IOCTL_MODE_GETFB2, &fb);
	frame_set_memory(frame, WIDTH, HEIGHT, pixels, WIDTH * 4, 1);
	if (((struct screen *)source)->copied)
		return 0;
	frame->layers[0].memory = NULL;
	frame->layers[0].memory_size = 0;
	frame->layers[0].planes[0].fd = fcntl(buffer, F_DUPFD_CLOEXEC, 0);
	return 0;
}

static bool is_current(struct source *source, const struct frame *frame) {
	(void)source;
	(void)frame;
	return true;
}

static int cursor_of(struct source *source, struct cursor *cursor) {
	(void)source;
	cursor->visible = cursor->placed = true;
	cursor->x++;
	cursor->shape = 1;
	cursor->width = cursor->height = 24;
	return 0;
}

static void destroy(struct source *source) {
	free(source);
}

static const struct source_impl impl = {.name = "bench",
	.peek = peek,
	.acquire = acquire,
	.is_current = is_current,
	.cursor = cursor_of,
	.destroy = destroy};

static int open_screen(const struct source_options *options, struct source **source, struct reason *why) {
	struct screen *self = calloc(1, sizeof *self);
	if (!self)
		return reason_set(why, -ENOMEM, "out of memory");
	self->base.impl = &impl;
	self->base.event_fd = -1;
	self->copied = options->output != NULL;
	*source = &self->base;
	return 0;
}

static const struct desk_services services = {.open = open_screen};

/* --- one thing to be measured --- */

static struct cursor cursor;

static void beat(struct source *source) {
	uint64_t token;
	source->impl->cursor(source, &cursor);
	source->impl->peek(source, &token);
}

static void look(struct source *source) {
	struct frame frame;
	struct reason reason;
	frame_init(&frame);
	if (source->impl->acquire(source, 0, &frame, &reason) != 0 ||
		!source->impl->is_current(source, &frame)) {
		fprintf(stderr, "bench_broker: %s\n", reason.text);
		exit(1);
	}
	frame_finish(&frame);
}

static void look_at_copy(struct source *source) {
	look(source);
}

static int by_value(const void *one, const void *other) {
	uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
	return (a > b) - (a < b);
}

static double sorted_us(const uint64_t *times, size_t count, unsigned percent) {
	return (double)times[count * percent / 100] / 1000;
}

static double own_cpu_us(void) {
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* In clock ticks of 10 ms, but all rounds together are long enough. */
static double cpu_us_of(pid_t pid) {
	char path[64];
	unsigned long user = 0, system = 0;
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "re");
	if (file && fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
			    &system) != 2)
		user = system = 0;
	if (file)
		fclose(file);
	return (double)(user + system) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

/* 0: there is none. */
static pid_t child_of(pid_t pid) {
	char path[64];
	int child = 0;
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
	FILE *file = fopen(path, "re");
	if (file && fscanf(file, "%d", &child) != 1)
		child = 0;
	if (file)
		fclose(file);
	return child;
}

/* Of the broker and its keyholder. */
static double other_cpu_us(pid_t broker) {
	pid_t keyholder = child_of(broker);
	return cpu_us_of(broker) + (keyholder ? cpu_us_of(keyholder) : 0);
}

/* --- three ways, by turns --- */

enum way { DIRECTLY, BROKER, FLOOR, WAYS };

enum { TURN = 50 }; /* rounds */

static struct trips trips;

static void ask_plainly(void (*ask)(struct source *source)) {
	ask == beat ? trips_beat(&trips) : trips_frame(&trips);
}

struct measured {
	uint64_t times[WAYS][ROUNDS];
	double own[WAYS];
};

/* `pause_us`: before each, as between two beats. */
static void take_turn(struct measured *measured, enum way way, void (*ask)(struct source *source),
	struct source *source, unsigned from, unsigned to, unsigned pause_us) {
	if (way == FLOOR)
		trips_enter(&trips);
	for (unsigned i = from; i < to; i++) {
		if (pause_us)
			usleep(pause_us);
		double before = own_cpu_us();
		uint64_t start = clock_now_ns();
		if (way == FLOOR)
			ask_plainly(ask);
		else
			ask(source);
		measured->times[way][i] = clock_now_ns() - start;
		measured->own[way] += own_cpu_us() - before;
	}
	if (way == FLOOR)
		trips_leave(&trips);
}

static void compare(const char *what, void (*ask)(struct source *source), struct source *direct,
	struct source *split, pid_t broker, unsigned rounds, unsigned pause_us) {
	static struct measured measured;
	struct source *sources[WAYS] = {direct, split, NULL};
	memset(&measured, 0, sizeof measured);
	double others = other_cpu_us(broker);
	double plain = cpu_us_of(trips.reader) + cpu_us_of(trips.keeper);
	const int ways = ask == look_at_copy ? FLOOR : WAYS; /* the floor copies nothing */
	for (unsigned from = 0; from < rounds; from += TURN)
		for (int way = 0; way < ways; way++)
			take_turn(&measured, way, ask, sources[way], from,
				from + TURN < rounds ? from + TURN : rounds, pause_us);
	others = other_cpu_us(broker) - others;
	plain = cpu_us_of(trips.reader) + cpu_us_of(trips.keeper) - plain;
	printf("%-32s", what);
	for (int way = 0; way < ways; way++) {
		qsort(measured.times[way], rounds, sizeof *measured.times[way], by_value);
		double cpu = measured.own[way] + (way == BROKER ? others : way == FLOOR ? plain : 0);
		printf("%8.2f %8.2f %8.2f%s", sorted_us(measured.times[way], rounds, 50),
			sorted_us(measured.times[way], rounds, 95), cpu / rounds,
			way + 1 < ways ? " |" : "\n");
	}
	fflush(stdout);
}

/* --- whether anything grows --- */

static unsigned long resident_kb(pid_t pid) {
	char path[64];
	unsigned long pages = 0;
	snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
	FILE *file = fopen(path, "re");
	if (file && fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return pages * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
}

static unsigned descriptors(pid_t pid) {
	unsigned count = 0;
	for (int fd = 0; fd < 1024; fd++) {
		char path[64];
		struct stat status;
		snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, fd);
		count += lstat(path, &status) == 0;
	}
	return count;
}

static void endure(struct source *split, pid_t broker, unsigned long frames) {
	enum { MOMENTS = 10 };
	for (int moment = 0; moment <= MOMENTS; moment++) {
		for (unsigned long i = 0; moment && i < frames / MOMENTS; i++) {
			beat(split);
			look(split);
		}
		printf("%8lu frames: the server has %6lu KB and %u descriptors, the broker %6lu KB and %u\n",
			frames / MOMENTS * (unsigned long)moment, resident_kb(getpid()),
			descriptors(getpid()), resident_kb(broker), descriptors(broker));
		fflush(stdout);
	}
}

/* A card without a driver. -1: only root makes one. */
static int make_card(void) {
	char path[64];
	snprintf(path, sizeof path, "/tmp/bench-broker-card-%d", (int)getpid());
	int fd = mknod(path, S_IFCHR | 0600, makedev(226, 63)) == 0 ? open(path, O_PATH | O_CLOEXEC) : -1;
	unlink(path);
	if (fd < 0)
		printf("without questions to the keyholder, because this does not run as root\n");
	return fd;
}

static pid_t start_broker(const char *path) {
	static const _Atomic bool never;
	struct broker_options options = {
		.uid = getuid(), .lifeline = -1, .services = &services, .ended = &never};
	if (entrance_open(path, getuid(), &options.listener) != 0) {
		perror(path);
		exit(1);
	}
	pid_t pid = fork();
	if (pid == 0) {
		struct reason reason;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (key_hand_over(&reason) != 0 || key_await(&reason) != 0) {
			fprintf(stderr, "bench_broker: %s\n", reason.text);
			_exit(1);
		}
		options.lifeline = key_lifeline();
		_exit(broker_run(&options) ? 1 : 0);
	}
	close(options.listener);
	return pid;
}

static struct source *open_one(const char *path, const char *output) {
	const struct source_options options = {.broker = path, .kind = SOURCE_KMS, .output = output};
	struct source *source = NULL;
	struct reason why;
	int error = path ? broker_open(path, &options, &source, &why) : open_screen(&options, &source, &why);
	if (error) {
		fprintf(stderr, "bench_broker: %s\n", why.text);
		exit(1);
	}
	return source;
}

int main(int argc, char **argv) {
	unsigned long frames = 0;
	char path[64];
	if (argc > 2 || (argc == 2 && sscanf(argv[1], "--frames=%lu", &frames) != 1)) {
		fprintf(stderr, "bench_broker [--frames=N]\n");
		return 2;
	}
	size_t size = (size_t)WIDTH * HEIGHT * 4;
	snprintf(path, sizeof path, "/tmp/bench-broker-%d", (int)getpid());
	buffer = memfd_create("buffer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (buffer < 0 || ftruncate(buffer, (off_t)size) != 0 ||
		fcntl(buffer, F_ADD_SEALS, F_SEAL_SHRINK) != 0)
		return 1;
	pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, buffer, 0);
	if (pixels == MAP_FAILED)
		return 1;
	memset(pixels, 1, size);
	card = make_card();
	pid_t broker = start_broker(path);
	struct source *direct = open_one(NULL, NULL), *split = open_one(path, NULL);
	struct source *direct_copy = open_one(NULL, "copied"), *split_copy = open_one(path, "copied");
	if (frames) {
		endure(split, broker, frames);
	} else {
		if (!trips_start(&trips, buffer)) {
			perror("bench_broker");
			return 1;
		}
		printf("%-32s%26s |%26s |%26s\n", "us: median, 95 %, processor time", "directly",
			"by the broker", "the plainest processes");
		compare("a beat (cursor, peek)", beat, direct, split, broker, ROUNDS, 0);
		compare("a frame (acquire, is_current)", look, direct, split, broker, ROUNDS, 0);
		compare("a beat each millisecond", beat, direct, split, broker, ROUNDS, 1000);
		compare("a frame each millisecond", look, direct, split, broker, ROUNDS, 1000);
		compare("a frame without a dma-buf", look_at_copy, direct_copy, split_copy, broker, COPIES,
			0);
		trips_stop(&trips);
	}
	source_destroy(direct);
	source_destroy(split);
	source_destroy(direct_copy);
	source_destroy(split_copy);
	kill(broker, SIGTERM);
	waitpid(broker, NULL, 0);
	unlink(path);
	return 0;
}
