/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OpenGL is tried in a process of its own, which is this test started again: it names the renderer, and
 * leaves nothing behind; neither does one that crashes or hangs. Through path: what is software stays out of
 * memory.
 */
#include "encode/gl/probe.h"
#include "capture/base/array.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "encode/path.h"
#include "tests/process.h"
#include "tests/test.h"

/* --wrap: a clock that goes so fast that nobody answers in time. */
static uint64_t hurry_ns, ahead_ns;
uint64_t __real_clock_now_ns(void);
uint64_t __wrap_clock_now_ns(void);
uint64_t __wrap_clock_now_ns(void) {
	return __real_clock_now_ns() + (ahead_ns += hurry_ns);
}

/* Longer than any path of a node. */
#define LONG_NODE                                                                                            \
	"/dev/dri/0123456789012345678901234567890123456789012345678901234567890123456789"                    \
	"0123456789012345678901234567890123456789012345678901234567890123456789"

static int answer(const char *how) {
	if (!strcmp(how, "crash")) {
		signal(SIGSEGV, SIG_DFL); /* sanitizers catch it */
		return raise(SIGSEGV);
	}
	if (!strcmp(how, "end"))
		return 0;
	if (!strcmp(how, "hang")) {
		pause();
		return 0;
	}
	return probe_answer("");
}

static int probe(const char *how, struct probe *probe, struct reason *reason) {
	unsigned fds = process_open_fds();
	int error = probe_card(how, probe, reason);
	CHECK(process_open_fds() == fds);
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	return error;
}

static void names_the_renderer(void) {
	struct probe found;
	struct reason reason = {""};
	CHECK_SAY(!probe("", &found, &reason), "%s", reason.text);
	if (found.error)
		SKIP("%s", found.reason.text);
	printf("%s, %s\n", found.renderer, found.software ? "software" : "hardware");
	CHECK(found.renderer[0]);
}

/* A program that may start no other one asks a process that was left behind. */
static void asks_another_process(void) {
	int ends[2];
	struct probe found, again;
	struct reason reason = {""};
	CHECK(!probe("", &found, &reason) && !socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
	pid_t prober = fork();
	if (prober == 0) {
		close(ends[0]);
		probe_serve(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	probe_use(ends[0]);
	for (int i = 0; i < 2; i++) {
		CHECK_SAY(!probe_card("", &again, &reason), "%s", reason.text);
		CHECK(again.error == found.error && again.software == found.software);
		CHECK(!strcmp(again.renderer, found.renderer));
	}
	CHECK(probe_card(LONG_NODE, &again, &reason) == -ENOSYS && strstr(reason.text, "does not answer"));
	CHECK(kill(prober, SIGKILL) == 0 && waitpid(prober, NULL, 0) == prober);
	CHECK(probe_card("", &again, &reason) == -ENOSYS && strstr(reason.text, "does not answer"));
	close(ends[0]);
	probe_use(-1);
}

static void survives_what_drivers_do(void) {
	static const struct {
		const char *how;
		int error;
		const char *reason;
		uint64_t hurry_ns;
	} cases[] = {
		{"crash", -EIO, "crashed when it was tried (Segmentation fault", 0},
		{"end", -EIO, "ended the process", 0},
		{"hang", -ETIMEDOUT, "no answer within 15 s", UINT64_C(20000000000)},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct probe found;
		struct reason reason = {""};
		hurry_ns = cases[i].hurry_ns;
		int error = probe(cases[i].how, &found, &reason);
		hurry_ns = 0;
		CHECK_SAY(error == cases[i].error && strstr(reason.text, cases[i].reason), "%s: %d %s",
			cases[i].how, error, reason.text);
	}
}

/* Who ignores SIGCHLD has its children reaped by the kernel. */
static void without_sigchld(void) {
	struct probe found;
	struct reason reason = {""};
	signal(SIGCHLD, SIG_IGN);
	CHECK_SAY(!probe("", &found, &reason) && found.renderer[0], "%s", reason.text);
	CHECK(probe("crash", &found, &reason) == -EIO);
	signal(SIGCHLD, SIG_DFL);
}

/* As a framebuffer of a card: a sealed memfd stands for the dma-buf. */
static void fill(struct frame *frame) {
	enum { WIDTH = 64, HEIGHT = 64 };
	frame_init(frame);
	frame->width = WIDTH;
	frame->height = HEIGHT;
	struct frame_layer *layer = frame_add_layer(frame);
	layer->plane_id = 31;
	layer->width = WIDTH;
	layer->height = HEIGHT;
	layer->fourcc = DRM_FORMAT_XRGB8888;
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	layer->plane_count = 1;
	layer->planes[0].pitch = WIDTH * 4;
	layer->planes[0].fd = memfd_create("scanout", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK(!ftruncate(layer->planes[0].fd, WIDTH * HEIGHT * 4));
	CHECK(!fcntl(layer->planes[0].fd, F_ADD_SEALS, F_SEAL_SHRINK));
	layer->source = (struct rect_fixed){0, 0, WIDTH << 16, HEIGHT << 16};
	layer->destination = (struct rect){0, 0, WIDTH, HEIGHT};
}

/* Served by --path=auto; false where the renderer is no software. */
static bool serve(void) {
	struct path *path = path_create(PATH_AUTO);
	struct picture_store *store = picture_store_create();
	struct picture *picture = picture_store_begin(store, 64, 64);
	struct converter_result result;
	struct path_report report;
	struct reason reason = {""};
	struct damage damage;
	struct frame frame;
	fill(&frame);
	damage_init(&damage);
	CHECK(!damage_resize(&damage, 64, 64));
	const struct conversion conversion = {
		.frame = &frame,
		.picture = picture,
		.fresh = true,
		.damage = &damage,
		.result = &result,
		.reason = &reason,
	};
	int error = path_convert(path, "", &conversion);
	path_report(path, &report);
	bool software = strstr(report.reason, "the GL renderer is software (");
	CHECK_SAY(!software || (!error && !strcmp(report.path, "cpu")), "%s: %s", report.path, report.reason);
	picture_store_cancel(store, NULL);
	picture_store_destroy(store);
	path_destroy(path);
	damage_finish(&damage);
	frame_finish(&frame);
	return software;
}

/* Sanitizers hold freed memory back, and have threads of their own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { ALLOWED_KIB = 1 << 21 };
#else
enum { ALLOWED_KIB = 4096 };
#endif

static void keeps_software_out(void) {
	long before = process_resident_kib();
	unsigned threads = process_threads();
	path_enable_probe();
	bool software = serve();
	printf("in RAM %ld then %ld KiB, threads %u then %u\n", before, process_resident_kib(), threads,
		process_threads());
	if (!software) {
		printf("the renderer here is no software: nothing to keep out\n");
		return;
	}
	CHECK(process_resident_kib() <= before + ALLOWED_KIB && process_threads() == threads);
}

/* What it was like, and is where no process can be started. */
static void without_a_process(void) {
	struct probe found;
	struct reason reason;
	CHECK(probe_card("", &found, &reason) == -ENOSYS);
	serve();
	printf("without a process of its own: in RAM %ld KiB, threads %u\n", process_resident_kib(),
		process_threads());
}

int main(int argc, char **argv) {
	if (argc == 3 && !strcmp(argv[1], PROBE_COMMAND))
		return answer(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "without")) {
		without_a_process();
		return 0;
	}
	keeps_software_out();
	names_the_renderer();
	asks_another_process();
	survives_what_drivers_do();
	without_sigchld();
	return 0;
}
