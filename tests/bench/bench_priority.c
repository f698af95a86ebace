/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_priority: how long a tick in which nothing changed takes on a GPU that another program keeps busy, by
 * a context with a high priority (EGL_IMG_context_priority) and by one without, in turns.
 *
 * The other program is a process that runs shaders of a certain length one after the other, with three under
 * way at any time, as a game does that draws as fast as it can.
 *
 *   bench_priority [WIDTHxHEIGHT [TICKS]]
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/base/clock.h"
#include "encode/durations.h"
#include "encode/gl/convert.h"
#include "encode/gl/gles.h"
#include "tests/encode/gl/texture.h"
#include "tests/test.h"

enum { TICK_NS = 16666667, TURNS = 4, UNDER_WAY = 3, GROUPS = 4096 };

/* --- the other program --- */

static const char burner[] = "#version 310 es\n"
			     "layout(local_size_x = 256) in;\n"
			     "layout(std430, binding = 0) buffer Sums { float sums[]; };\n"
			     "uniform int steps;\n"
			     "void main() {\n"
			     "	float sum = float(gl_GlobalInvocationID.x);\n"
			     "	for (int i = 0; i < steps; i++)\n"
			     "		sum = sum * 1.0000001 + 0.5;\n"
			     "	sums[gl_GlobalInvocationID.x] = sum;\n"
			     "}\n";

static GLint make_burner(const struct gles *gl) {
	GLuint shader = gl->CreateShader(GL_COMPUTE_SHADER), program = gl->CreateProgram(), buffer;
	const GLchar *text = burner;
	GLint linked = 0;
	gl->ShaderSource(shader, 1, &text, NULL);
	gl->CompileShader(shader);
	gl->AttachShader(program, shader);
	gl->LinkProgram(program);
	gl->GetProgramiv(program, GL_LINK_STATUS, &linked);
	CHECK(linked);
	gl->UseProgram(program);
	gl->GenBuffers(1, &buffer);
	gl->BindBuffer(GL_SHADER_STORAGE_BUFFER, buffer);
	gl->BufferData(GL_SHADER_STORAGE_BUFFER, (GLsizeiptr)GROUPS * 256 * 4, NULL, GL_DYNAMIC_COPY);
	gl->BindBufferRange(GL_SHADER_STORAGE_BUFFER, 0, buffer, 0, (GLsizeiptr)GROUPS * 256 * 4);
	return gl->GetUniformLocation(program, "steps");
}

static double burn(const struct gles *gl, GLint at, int steps) {
	uint64_t begin = clock_now_ns();
	gl->Uniform1i(at, steps);
	gl->DispatchCompute(GROUPS, 1, 1);
	gl->Finish();
	return (double)(clock_now_ns() - begin) * 1e-6;
}

/* How many steps take so long. */
static int steps_for(const struct gles *gl, GLint at, double ms) {
	int steps = 64;
	burn(gl, at, steps);
	while (burn(gl, at, steps) < ms / 2 && steps < 1 << 28)
		steps *= 2;
	double took = burn(gl, at, steps);
	return (int)(steps * (ms / took)) + 1;
}

static _Noreturn void be_busy(double ms, int ready) {
	const struct gl_options options = {.priority = -1};
	struct converter *converter;
	struct reason reason;
	GLsync syncs[UNDER_WAY] = {NULL};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CHECK_SAY(!gl_converter_create(NULL, &options, &converter, &reason), "%s", reason.text);
	const struct gles *gl = gl_converter_gles(converter);
	GLint at = make_burner(gl);
	int steps = steps_for(gl, at, ms);
	gl->Uniform1i(at, steps);
	CHECK(write(ready, "", 1) == 1);
	for (int i = 0;; i = (i + 1) % UNDER_WAY) {
		if (syncs[i]) {
			gl->ClientWaitSync(syncs[i], 0, UINT64_C(2000000000));
			gl->DeleteSync(syncs[i]);
		}
		gl->DispatchCompute(GROUPS, 1, 1);
		syncs[i] = gl->FenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
		gl->Flush();
	}
}

/* Returns when it is busy. */
static pid_t start_busy(double ms) {
	int ready[2];
	char byte;
	CHECK(!pipe(ready));
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		be_busy(ms, ready[1]);
	close(ready[1]);
	CHECK(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	return pid;
}

static void stop_busy(pid_t pid) {
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* --- ticks --- */

struct bench {
	struct converter *converter;
	GLuint texture;
	struct picture picture;
	struct damage damage;
	struct durations ticks;
};

/* What EGL calls it; 0 if it says nothing. */
static int level_of(struct converter *converter) {
	EGLint level = 0;
	void *library = dlopen("libEGL.so.1", RTLD_NOW);
	EGLBoolean (*query)(EGLDisplay, EGLContext, EGLint, EGLint *) =
		(EGLBoolean(*)(EGLDisplay, EGLContext, EGLint, EGLint *))dlsym(library, "eglQueryContext");
	const struct egl *egl = &((const struct gl_converter *)converter)->context->egl;
	return query && query(egl->display, egl->context, EGL_CONTEXT_PRIORITY_LEVEL_IMG, &level) ? level : 0;
}

static void open_bench(struct bench *bench, uint32_t width, uint32_t height, int priority) {
	const struct gl_options options = {.priority = priority};
	struct reason reason;
	if (gl_converter_create(NULL, &options, &bench->converter, &reason))
		SKIP("%s", reason.text);
	uint32_t *pixels = calloc(width, (size_t)height * 4);
	bench->picture =
		(struct picture){.width = width, .height = height, .stride = (width * 4 + 63) / 64 * 64};
	bench->picture.pixels = aligned_alloc(64, (size_t)bench->picture.stride * height);
	damage_init(&bench->damage);
	CHECK(pixels && bench->picture.pixels && !damage_resize(&bench->damage, width, height));
	for (size_t i = 0; i < (size_t)width * height; i++)
		pixels[i] = (uint32_t)(i * 2654435761u);
	bench->texture = texture_create(gl_converter_gles(bench->converter), width, height, pixels);
	free(pixels);
}

static void close_bench(struct bench *bench) {
	gl_converter_gles(bench->converter)->DeleteTextures(1, &bench->texture);
	converter_destroy(bench->converter);
	damage_finish(&bench->damage);
	free(bench->picture.pixels);
}

static uint64_t tick(struct bench *bench, bool fresh) {
	struct converter_result result;
	struct reason reason;
	const struct conversion conversion = {
		.picture = &bench->picture,
		.fresh = fresh,
		.damage = &bench->damage,
		.result = &result,
		.reason = &reason,
	};
	damage_clear(&bench->damage);
	uint64_t begin = clock_now_ns();
	int error =
		gl_converter_convert_texture(bench->converter, GL_TEXTURE_2D, bench->texture, &conversion);
	CHECK_SAY(!error && fresh == (result.tiles_changed > 0), "%s", error ? reason.text : "other tiles");
	return clock_now_ns() - begin;
}

static void measure(struct bench *bench, int ticks) {
	tick(bench, true);
	for (int i = -3; i < ticks; i++) {
		nanosleep(&(struct timespec){.tv_nsec = TICK_NS}, NULL);
		uint64_t took = tick(bench, false);
		if (i >= 0)
			durations_add(&bench->ticks, took);
	}
}

static void print(const struct durations *ticks, const char *name) {
	printf("    %-18s %8.3f %8.3f %8.3f\n", name, durations_percentile(ticks, 50),
		durations_percentile(ticks, 99), durations_percentile(ticks, 100));
}

static void compare(uint32_t width, uint32_t height, int ticks, double busy_ms) {
	static struct bench ordinary, preferred;
	memset(&ordinary, 0, sizeof ordinary);
	memset(&preferred, 0, sizeof preferred);
	pid_t pid = busy_ms > 0 ? start_busy(busy_ms) : 0;
	open_bench(&ordinary, width, height, -1);
	open_bench(&preferred, width, height, 0);
	for (int turn = 0; turn < TURNS; turn++) {
		measure(&ordinary, ticks / TURNS + 1);
		measure(&preferred, ticks / TURNS + 1);
	}
	if (pid)
		stop_busy(pid);
	if (busy_ms > 0)
		printf("  beside shaders of %g ms (EGL's levels: 0x%x, 0x%x)\n", busy_ms,
			(unsigned)level_of(ordinary.converter), (unsigned)level_of(preferred.converter));
	else
		printf("  alone on the GPU\n");
	print(&ordinary.ticks, "ordinary");
	print(&preferred.ticks, "high priority");
	close_bench(&ordinary);
	close_bench(&preferred);
}

int main(int argc, char **argv) {
	static const double busy_ms[] = {0, 1, 4, 16};
	unsigned width = 1920, height = 1080;
	int ticks = argc > 2 ? atoi(argv[2]) : 240;
	if ((argc > 1 && sscanf(argv[1], "%ux%u", &width, &height) != 2) || ticks < 1 ||
		ticks + TURNS > DURATIONS_KEPT) {
		fprintf(stderr, "usage: bench_priority [WIDTHxHEIGHT [TICKS]]\n");
		return 2;
	}
	printf("%ux%u, ms of a tick in which nothing changed: median, 99th percentile, worst\n", width,
		height);
	/* Nothing of GL may exist in this process when it forks. */
	fflush(stdout);
	for (size_t i = 0; i < ARRAY_LEN(busy_ms); i++) {
		pid_t pid = fork();
		int status = 0;
		CHECK(pid >= 0);
		if (pid == 0) {
			compare(width, height, ticks, busy_ms[i]);
			return 0;
		}
		CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
		if (WEXITSTATUS(status))
			return WEXITSTATUS(status);
	}
	return 0;
}
