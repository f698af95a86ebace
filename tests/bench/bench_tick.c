/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_tick: what a tick in which nothing changed costs the CPU, GL call by GL call, beside what the driver
 * alone costs: waiting for an empty fence, one dispatch of the same shader, and glReadPixels of the whole
 * frame.
 *
 * Each is measured back to back, and at 60 Hz with real sleeps in between, as a server has them (the GPU's
 * clocks have had time to fall). At 60 Hz it is measured once while another thread of idle priority keeps the
 * processor awake, as any other program would, and once while the processor halts (a virtual machine's
 * processor may be somebody else's then, and finds all its caches cold). It prints medians of the CPU time of
 * the thread, and of the whole process, in which a driver's threads count too. "A nap" is what a sleep of
 * 20 us costs by itself.
 *
 *   bench_tick [WIDTHxHEIGHT [TICKS]]
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/base/clock.h"
#include "encode/durations.h"
#include "encode/gl/gl.h"
#include "encode/gl/gles.h"
#include "tests/test.h"

enum { MAX_REPEATS = 4, TICK_NS = 16666667, WARM_UP_NS = 400000000 };

/* Every call that a tick makes: C(name, result, parameters, arguments). */
#define CALLS(C, V)                                                                                          \
	V(ActiveTexture, (GLenum a), (a))                                                                    \
	V(BindTexture, (GLenum a, GLuint b), (a, b))                                                         \
	V(UseProgram, (GLuint a), (a))                                                                       \
	V(Uniform1ui, (GLint a, GLuint b), (a, b))                                                           \
	V(BindBufferRange, (GLenum a, GLuint b, GLuint c, GLintptr d, GLsizeiptr e), (a, b, c, d, e))        \
	V(MemoryBarrier, (GLbitfield a), (a))                                                                \
	V(DispatchCompute, (GLuint a, GLuint b, GLuint c), (a, b, c))                                        \
	C(FenceSync, GLsync, (GLenum a, GLbitfield b), (a, b))                                               \
	V(Flush, (void), ())                                                                                 \
	C(ClientWaitSync, GLenum, (GLsync a, GLbitfield b, GLuint64 c), (a, b, c))                           \
	V(DeleteSync, (GLsync a), (a))                                                                       \
	C(GetError, GLenum, (void), ())                                                                      \
	C(GetGraphicsResetStatus, GLenum, (void), ())                                                        \
	V(ReadPixels, (GLint a, GLint b, GLsizei c, GLsizei d, GLenum e, GLenum f, void *g),                 \
		(a, b, c, d, e, f, g))

#define CALL_NUMBER(name, ...) CALL_##name,
#define CALL_NAME(name, ...)   #name,
enum { CALLS(CALL_NUMBER, CALL_NUMBER) CALL_COUNT };
static const char *const call_names[] = {CALLS(CALL_NAME, CALL_NAME)};

static struct {
	struct gles gl; /* the driver's own functions */
	struct durations lasted[CALL_COUNT][MAX_REPEATS];
	int calls[CALL_COUNT][DURATIONS_KEPT]; /* for each tick */
	int tick;                              /* -1: nothing is recorded */
} recorder = {.tick = -1};

static void note(int call, uint64_t begin) {
	uint64_t now = clock_now_ns();
	if (recorder.tick < 0)
		return;
	int nth = recorder.calls[call][recorder.tick]++;
	if (nth < MAX_REPEATS)
		durations_add(&recorder.lasted[call][nth], now - begin);
}

#define TIMED_VOID(name, parameters, arguments)                                                              \
	static void GL_APIENTRY timed_##name parameters {                                                    \
		uint64_t begin = clock_now_ns();                                                             \
		recorder.gl.name arguments;                                                                  \
		note(CALL_##name, begin);                                                                    \
	}
#define TIMED(name, type, parameters, arguments)                                                             \
	static type GL_APIENTRY timed_##name parameters {                                                    \
		uint64_t begin = clock_now_ns();                                                             \
		type result = recorder.gl.name arguments;                                                    \
		note(CALL_##name, begin);                                                                    \
		return result;                                                                               \
	}
CALLS(TIMED, TIMED_VOID)

static struct {
	struct converter *converter;
	struct gles *gl; /* the converter's, with the functions above in its table */
	uint32_t width, height;
	GLuint textures[2], framebuffer;
	struct picture picture;
	struct damage damage;
	void *pixels; /* the pixels of a frame */
	unsigned turn;
} bench;

/* Puts these functions into the converter's own table. That is done once, so that asking for the table again
 * does not make the converter start anew at each tick. */
static void time_calls(void) {
	bench.gl = (struct gles *)(uintptr_t)gl_converter_gles(bench.converter);
	recorder.gl = *bench.gl;
#define REPLACE(name, ...) bench.gl->name = timed_##name;
	CALLS(REPLACE, REPLACE)
}

/* --- what is measured --- */

static void convert(GLuint texture, bool fresh) {
	struct converter_result result;
	struct reason reason;
	damage_clear(&bench.damage);
	const struct conversion conversion = {
		.picture = &bench.picture,
		.fresh = fresh,
		.damage = &bench.damage,
		.result = &result,
		.reason = &reason,
	};
	int error = gl_converter_convert_texture(bench.converter, GL_TEXTURE_2D, texture, &conversion);
	CHECK_SAY(!error, "%s", reason.text);
	CHECK(fresh || result.tiles_changed == 0);
}

static void nothing(void) {
}

static void nap(void) {
	nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
}

static void empty_fence(void) {
	GLsync fence = bench.gl->FenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
	bench.gl->Flush();
	while (bench.gl->ClientWaitSync(fence, 0, 10000000) == GL_TIMEOUT_EXPIRED)
		;
	bench.gl->DeleteSync(fence);
}

/* The program and the buffers of the last tick are still current. */
static void dispatch_and_fence(void) {
	bench.gl->DispatchCompute(bench.damage.columns * bench.damage.rows, 1, 1);
	empty_fence();
}

static void dispatch_and_flush(void) {
	bench.gl->DispatchCompute(bench.damage.columns * bench.damage.rows, 1, 1);
	bench.gl->Flush();
}

static void still(void) {
	convert(bench.textures[0], false);
}

static void flipping(void) {
	convert(bench.textures[bench.turn++ % 2], false);
}

static void read_pixels(void) {
	bench.gl->ReadPixels(
		0, 0, (GLsizei)bench.width, (GLsizei)bench.height, GL_RGBA, GL_UNSIGNED_BYTE, bench.pixels);
}

/* --- measuring --- */

static double percentile_us(const struct durations *durations, unsigned percent) {
	return durations_percentile(durations, percent) * 1e3;
}

static void print_calls(int ticks) {
	for (int call = 0; call < CALL_COUNT; call++) {
		int calls = recorder.calls[call][ticks - 1];
		for (int nth = 0; nth < calls && nth < MAX_REPEATS; nth++)
			printf(" %s %.1f", call_names[call], percentile_us(&recorder.lasted[call][nth], 50));
	}
}

static void measure(const char *name, void (*work)(void), uint64_t sleep_ns, int ticks) {
	struct durations thread = {0}, process = {0}, wall = {0};
	memset(recorder.calls, 0, sizeof recorder.calls);
	memset(recorder.lasted, 0, sizeof recorder.lasted);
	/* Until the device has left its slow clocks, or gone back to them. */
	uint64_t warm = clock_now_ns() + (ticks < 30 ? 0 : WARM_UP_NS);
	for (int i = -1; i < ticks; i += i >= 0 || clock_now_ns() > warm) {
		if (sleep_ns)
			nanosleep(&(struct timespec){.tv_nsec = (long)sleep_ns}, NULL);
		recorder.tick = i;
		uint64_t process_before = clock_process_cpu_ns();
		uint64_t thread_before = clock_thread_cpu_ns();
		uint64_t begin = clock_now_ns();
		work();
		uint64_t end = clock_now_ns();
		uint64_t thread_after = clock_thread_cpu_ns();
		uint64_t process_after = clock_process_cpu_ns();
		if (i < 0)
			continue;
		durations_add(&thread, thread_after - thread_before);
		durations_add(&process, process_after - process_before);
		durations_add(&wall, end - begin);
	}
	recorder.tick = -1;
	printf("%-30s CPU of the thread %6.1f (%.1f to %.1f), of all %6.1f, lasts %6.1f us:", name,
		percentile_us(&thread, 50), percentile_us(&thread, 10), percentile_us(&thread, 90),
		percentile_us(&process, 50), percentile_us(&wall, 50));
	print_calls(ticks);
	printf("\n");
	fflush(stdout);
}

static void measure_all(uint64_t sleep_ns, int ticks) {
	measure("nothing (what measuring costs)", nothing, sleep_ns, ticks);
	measure("a nap", nap, sleep_ns, ticks);
	convert(bench.textures[0], true);
	still();
	measure("tick, a still screen", still, sleep_ns, ticks);
	measure("tick, flipping", flipping, sleep_ns, ticks);
	measure("a dispatch, flushed", dispatch_and_flush, sleep_ns, ticks);
	measure("a dispatch and a fence", dispatch_and_fence, sleep_ns, ticks);
	measure("an empty fence", empty_fence, sleep_ns, ticks);
	convert(bench.textures[0], true);
	still();
	measure("tick, a still screen", still, sleep_ns, ticks);
	bench.gl->BindFramebuffer(GL_FRAMEBUFFER, bench.framebuffer);
	measure("glReadPixels of the frame", read_pixels, sleep_ns, ticks < 120 ? ticks : 120);
	bench.gl->BindFramebuffer(GL_FRAMEBUFFER, 0);
}

/* --- a processor that does not halt --- */

static _Atomic bool awake;

static void *idle_away(void *unused) {
	while (awake)
		;
	return unused;
}

/* A thread that takes only what no other thread wants of this thread's processor, to which both are bound for
 * good. */
static pthread_t keep_awake(void) {
	pthread_t thread;
	cpu_set_t here;
	CPU_ZERO(&here);
	CPU_SET((size_t)sched_getcpu(), &here);
	CHECK(sched_setaffinity(0, sizeof here, &here) == 0); /* the thread inherits it */
	awake = true;
	CHECK(pthread_create(&thread, NULL, idle_away, NULL) == 0);
	CHECK(pthread_setschedparam(thread, SCHED_IDLE, &(struct sched_param){0}) == 0);
	return thread;
}

static void open_bench(void) {
	const struct gles *gl = bench.gl;
	size_t bytes = (size_t)bench.width * bench.height * 4;
	bench.picture = (struct picture){.width = bench.width, .height = bench.height};
	bench.picture.stride = (bench.width * 4 + 63) / 64 * 64;
	bench.picture.pixels = aligned_alloc(64, (size_t)bench.picture.stride * bench.height);
	bench.pixels = calloc(1, bytes);
	damage_init(&bench.damage);
	CHECK(bench.picture.pixels && bench.pixels &&
		!damage_resize(&bench.damage, bench.width, bench.height));
	gl->GenTextures(2, bench.textures);
	for (int i = 0; i < 2; i++) {
		gl->BindTexture(GL_TEXTURE_2D, bench.textures[i]);
		gl->TexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, (GLsizei)bench.width, (GLsizei)bench.height, 0,
			GL_RGBA, GL_UNSIGNED_BYTE, bench.pixels);
		gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	}
	gl->GenFramebuffers(1, &bench.framebuffer);
	gl->BindFramebuffer(GL_FRAMEBUFFER, bench.framebuffer);
	gl->FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, bench.textures[0], 0);
	gl->BindFramebuffer(GL_FRAMEBUFFER, 0);
}

int main(int argc, char **argv) {
	int ticks = argc > 2 ? atoi(argv[2]) : 300;
	struct reason reason;
	bench.width = 1920;
	bench.height = 1080;
	if ((argc > 1 && sscanf(argv[1], "%ux%u", &bench.width, &bench.height) != 2) || ticks < 1 ||
		ticks > DURATIONS_KEPT)
		return 2;
	if (gl_converter_create(NULL, NULL, &bench.converter, &reason))
		SKIP("%s", reason.text);
	time_calls();
	if (bench.gl->version < 31)
		SKIP("no compute shaders here");
	open_bench();
	printf("%s\n%s\n%ux%u, %d ticks; medians (and first to last tenth); then how long each call lasts\n",
		bench.converter->renderer, bench.converter->detail, bench.width, bench.height, ticks);
	printf("\nBack to back:\n");
	measure_all(0, ticks);
	printf("\nAt 60 Hz, asleep between, the processor halts:\n");
	measure_all(TICK_NS, ticks);
	pthread_t idler = keep_awake();
	printf("\nAt 60 Hz, asleep between, the processor is kept awake:\n");
	measure_all(TICK_NS, ticks);
	awake = false;
	pthread_join(idler, NULL);
	converter_destroy(bench.converter);
	damage_finish(&bench.damage);
	free(bench.picture.pixels);
	free(bench.pixels);
	return 0;
}
