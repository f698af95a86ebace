/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checker: a viewer (libvncclient) that compares every pixel of every update with what must be there. So it
 * recognises torn, stale and lost updates for what they are. Prints one line of counts, and exits with 0 if
 * all was well.
 */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <rfb/rfbclient.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/base/rect.h"
#include "tests/viewers/expectation.h"
#include "tests/vm/paint_log.h"

enum { MAX_SAMPLES = 1 << 16, MAX_PARTS = 4 };

struct options {
	const char *server, *encoding, *password, *pattern, *log, *ready, *save, *save_each;
	double seconds;
	int64_t until;          /* frame to wait for; -1: none */
	unsigned updates;       /* end after this many; 0: no such end */
	uint32_t width, height; /* the size that the picture must have in the end; 0: any */
	struct rect part;       /* where the scene lies in the picture; width 0: it is all of the picture */
	unsigned columns;       /* so many scenes of one size lie side by side; 0: there is one */
	bool every, mixed, unknown, dark, plain_size, copies;
	unsigned churn, seed;
	int scene_seed; /* the seed that every scene must have; -1: any */
};

struct samples {
	unsigned count;
	double *milliseconds; // owned
};

struct checker {
	struct options options;
	rfbClient *client;
	struct expectation *expectations[MAX_PARTS]; // owned: one for each column
	uint32_t *part_pixels;                       // owned
	const struct paint_log *log;
	unsigned update_count, frame_count, mixed_count, unknown_count, fault_count;
	unsigned resize_count, copy_count;
	GotCopyRectProc copy;  /* libvncclient's own */
	int64_t first, newest; /* frames that were seen as a whole; -1: none yet */
	bool resized;          /* the picture of the new size has not come yet */
	bool has_pixels;       /* the present update brought pixels: a new size alone does not show anything
				* yet */
	bool awaits_frame;     /* no whole frame of the new size has come yet */
	bool is_dark;
	struct samples latencies;      /* from shown to seen */
	struct samples size_latencies; /* of these, the first whole frame of each new size */
};

static struct checker *checker_of(rfbClient *client) {
	return rfbClientGetClientData(client, (void *)checker_of);
}

__attribute__((format(printf, 2, 3))) static void fault(struct checker *checker, const char *format, ...) {
	va_list arguments;
	if (++checker->fault_count > 10)
		return;
	va_start(arguments, format);
	printf("checker: fault: ");
	vprintf(format, arguments);
	putchar('\n');
	va_end(arguments);
}

static void add_sample(struct samples *samples, uint64_t from_ns, uint64_t to_ns) {
	if (samples->count < MAX_SAMPLES)
		samples->milliseconds[samples->count++] = (double)(to_ns - from_ns) / 1e6;
}

static void note_latency(struct checker *checker, uint32_t frame, uint64_t now) {
	uint64_t shown = checker->log ? paint_log_shown(checker->log, frame) : 0;
	if (shown && shown <= now)
		add_sample(&checker->latencies, shown, now);
	/* it may be seen before the painter's mode set returns */
	if (checker->log && checker->awaits_frame)
		add_sample(&checker->size_latencies, shown && shown <= now ? shown : now, now);
}

static void note_frame(struct checker *checker, uint32_t frame, uint64_t now) {
	if (checker->newest == frame) {
		checker->awaits_frame = false;
		return;
	}
	if (frame < checker->newest)
		fault(checker, "frame %" PRIu32 " came after frame %" PRId64, frame, checker->newest);
	if (checker->options.every && checker->newest >= 0 && frame > checker->newest + 1)
		fault(checker, "frames %" PRId64 " to %" PRIu32 " never came", checker->newest + 1,
			frame - 1);
	if (checker->newest < 0)
		checker->first = frame;
	else
		note_latency(checker, frame, now); /* a viewer that joins may be shown an old frame first */
	checker->newest = frame;
	checker->awaits_frame = false;
	checker->frame_count++;
	if (checker->options.ready && checker->frame_count == 1)
		close(creat(checker->options.ready, 0600));
}

static void on_rectangle(rfbClient *client, int x, int y, int width, int height) {
	(void)x;
	(void)y;
	if (width && height) /* otherwise it announces an extension */
		checker_of(client)->has_pixels = true;
}

static void save(const rfbClient *client, const char *path) {
	FILE *file = fopen(path, "wb");
	if (!file)
		return;
	fprintf(file, "P6\n%d %d\n255\n", client->width, client->height);
	const uint32_t *pixels = (const uint32_t *)client->frameBuffer;
	for (size_t i = 0; i < (size_t)client->width * (size_t)client->height; i++) {
		uint8_t rgb[3] = {(uint8_t)(pixels[i] >> 16), (uint8_t)(pixels[i] >> 8), (uint8_t)pixels[i]};
		fwrite(rgb, 1, 3, file);
	}
	fclose(file);
}

/* A reader of the file sees a whole picture at any time. */
static void save_each(const rfbClient *client, const char *path) {
	char fresh[4096];
	snprintf(fresh, sizeof fresh, "%s.new", path);
	save(client, fresh);
	rename(fresh, path);
}

/* Compares a part of the picture with the scene that it must show. */
static enum expectation_verdict compare_part(
	struct checker *checker, unsigned index, struct rect part, struct expectation_result *result) {
	const rfbClient *client = checker->client;
	const uint32_t *pixels = (const uint32_t *)client->frameBuffer;
	if (!rect_is_inside(part, (uint32_t)client->width, (uint32_t)client->height))
		return EXPECTATION_UNKNOWN;
	uint32_t *copy = realloc(checker->part_pixels, rect_area(part) * sizeof *copy);
	if (!copy)
		abort();
	checker->part_pixels = copy;
	for (uint32_t y = 0; y < part.height; y++)
		memcpy(&copy[(size_t)y * part.width],
			&pixels[((size_t)part.y + y) * (size_t)client->width + (size_t)part.x],
			part.width * sizeof *copy);
	return expectation_compare(checker->expectations[index], copy, part.width, part.height, result);
}

/* The columns together are a frame if each of them is that frame. */
static enum expectation_verdict compare_columns(struct checker *checker, struct expectation_result *result) {
	uint32_t count = checker->options.columns, width = (uint32_t)checker->client->width / count;
	struct rect part = {.width = width, .height = (uint32_t)checker->client->height};
	enum expectation_verdict verdict = compare_part(checker, 0, part, result);
	for (unsigned i = 1; i < count && verdict == EXPECTATION_EXACT; i++) {
		uint32_t frame = result->frame;
		part.x = (int32_t)(i * width);
		verdict = compare_part(checker, i, part, result);
		if (verdict == EXPECTATION_EXACT && result->frame != frame)
			verdict = EXPECTATION_WRONG;
	}
	return verdict;
}

static enum expectation_verdict compare(struct checker *checker, struct expectation_result *result) {
	const rfbClient *client = checker->client;
	if (checker->options.part.width)
		return compare_part(checker, 0, checker->options.part, result);
	if (checker->options.columns)
		return compare_columns(checker, result);
	return expectation_compare(checker->expectations[0], (const uint32_t *)client->frameBuffer,
		(uint32_t)client->width, (uint32_t)client->height, result);
}

static void on_updated(rfbClient *client) {
	struct checker *checker = checker_of(client);
	if (!checker->has_pixels)
		return;
	checker->has_pixels = false;
	uint64_t now = paint_log_now();
	if (checker->options.save_each)
		save_each(client, checker->options.save_each);
	struct expectation_result result = {0};
	enum expectation_verdict verdict = compare(checker, &result);
	checker->update_count++;
	checker->is_dark = verdict == EXPECTATION_UNKNOWN;
	switch (verdict) {
	case EXPECTATION_EXACT:
		if (checker->options.scene_seed >= 0 && result.seed != checker->options.scene_seed)
			fault(checker, "this is scene %d", result.seed);
		note_frame(checker, result.frame, now);
		break;
	case EXPECTATION_WRONG:
		checker->mixed_count++;
		if (!checker->options.mixed)
			fault(checker,
				"update %u is not wholly frame %" PRIu32 ": %" PRIu64
				" pixels differ, first %" PRIu32 ",%" PRIu32 ": 0x%06" PRIx32
				" instead of 0x%06" PRIx32,
				checker->update_count, result.frame, result.wrong_pixels, result.x, result.y,
				result.got, result.want);
		break;
	case EXPECTATION_UNKNOWN:
		checker->unknown_count++;
		if (!checker->options.unknown && !checker->options.mixed && !checker->resized)
			fault(checker, "update %u shows no frame at all", checker->update_count);
	}
	checker->resized = false;
}

static rfbBool on_resized(rfbClient *client) {
	struct checker *checker = checker_of(client);
	free(client->frameBuffer);
	client->frameBuffer = calloc((size_t)client->width * (size_t)client->height, 4);
	checker->resize_count++;
	checker->resized = checker->awaits_frame = true;
	return client->frameBuffer ? TRUE : FALSE;
}

static void on_copy(rfbClient *client, int from_x, int from_y, int width, int height, int x, int y) {
	checker_of(client)->copy_count++;
	checker_of(client)->copy(client, from_x, from_y, width, height, x, y);
}

static char *on_password(rfbClient *client) {
	const char *password = checker_of(client)->options.password;
	return strdup(password ? password : "");
}

/* Only what helps to follow a stream of bytes goes to the test's log. */
static void silent(const char *format, ...) {
	(void)format;
}

/* "ADDR:PORT", or the path of a unix socket. */
static void set_server(rfbClient *client, const char *server) {
	const char *colon = server[0] == '/' ? NULL : strrchr(server, ':');
	free(client->serverHost);
	client->serverHost = colon ? strndup(server, (size_t)(colon - server)) : strdup(server);
	client->serverPort = colon ? atoi(colon + 1) : 5900;
}

/* Says anew which encodings the viewer knows, without those that libvncclient adds: of the extensions about
 * sizes it is DesktopSize alone. */
static bool forget_extended_size(rfbClient *client) {
	const rfbSetEncodingsMsg message = {.type = rfbSetEncodings, .nEncodings = rfbClientSwap16IfLE(2)};
	const uint32_t encodings[] = {
		rfbClientSwap32IfLE(rfbEncodingRaw), rfbClientSwap32IfLE(rfbEncodingNewFBSize)};
	return WriteToRFBServer(client, (const char *)&message, sz_rfbSetEncodingsMsg) &&
	       WriteToRFBServer(client, (const char *)encodings, sizeof encodings);
}

static bool connect_to(struct checker *checker) {
	rfbClient *client = rfbGetClient(8, 3, 4);
	if (!client)
		return false;
	checker->client = client;
	rfbClientSetClientData(client, (void *)checker_of, checker);
	client->MallocFrameBuffer = on_resized;
	client->GotFrameBufferUpdate = on_rectangle;
	client->FinishedFrameBufferUpdate = on_updated;
	checker->copy = client->GotCopyRect;
	client->GotCopyRect = on_copy;
	client->GetPassword = on_password;
	client->canHandleNewFBSize = TRUE;
	client->appData.shareDesktop = TRUE;
	client->appData.encodingsString = checker->options.encoding;
	client->appData.enableJPEG = FALSE;
	client->appData.compressLevel = 1;
	client->format.depth = 24;
	client->format.redShift = 16;
	client->format.greenShift = 8;
	client->format.blueShift = 0;
	set_server(client, checker->options.server);
	if (rfbInitClient(client, NULL, NULL))
		return !checker->options.plain_size || forget_extended_size(client);
	checker->client = NULL; /* the library has freed it */
	return false;
}

static void disconnect(struct checker *checker) {
	if (!checker->client)
		return;
	free(checker->client->frameBuffer);
	checker->client->frameBuffer = NULL;
	rfbClientCleanup(checker->client);
	checker->client = NULL;
}

static bool is_done(const struct checker *checker) {
	const struct options *options = &checker->options;
	bool size_fits = !options->width || (checker->client->width == (int)options->width &&
						    checker->client->height == (int)options->height);
	if (!size_fits || checker->resized)
		return false;
	if (options->dark)
		return checker->is_dark && checker->unknown_count >= options->updates;
	if (options->until >= 0)
		return checker->newest >= options->until;
	return options->updates && checker->update_count >= options->updates;
}

static void watch(struct checker *checker) {
	const struct options *options = &checker->options;
	uint64_t end = paint_log_now() + (uint64_t)(options->seconds * 1e9);
	while (!is_done(checker)) {
		uint64_t now = paint_log_now();
		if (now >= end)
			break;
		int waited = WaitForMessage(checker->client, (unsigned)((end - now) / 1000 % 1000000 + 1));
		if (waited < 0 || (waited > 0 && !HandleRFBServerMessage(checker->client))) {
			fault(checker, "the server ended the connection");
			return;
		}
	}
	if ((options->dark || options->until >= 0 || options->updates) && !is_done(checker))
		fault(checker,
			"after %.0f s what was waited for has not come: newest whole frame %" PRId64
			", %dx%d",
			options->seconds, checker->newest, checker->client->width, checker->client->height);
	if (options->copies && !checker->copy_count)
		fault(checker, "no CopyRect has come");
}

/* Viewers connect and disconnect at any moment: some after a few updates, some inside one, some without a
 * message. */
static void churn(struct checker *checker) {
	static const char *const encodings[] = {"raw", "hextile", "zrle", "tight", "zlib"};
	for (unsigned i = 0; i < checker->options.churn && checker->fault_count == 0; i++) {
		checker->options.encoding = encodings[rand() % 5];
		checker->newest = -1;
		if (!connect_to(checker)) {
			fault(checker, "connection %u was refused", i);
			return;
		}
		for (int updates = rand() % 5; updates > 0; updates--) {
			if (WaitForMessage(checker->client, 2000000) > 0 &&
				!HandleRFBServerMessage(checker->client))
				fault(checker, "the server ended connection %u", i);
		}
		if (rand() % 2) /* an answer is on its way, and nobody reads it */
			SendFramebufferUpdateRequest(checker->client, 0, 0, checker->client->width,
				checker->client->height, FALSE);
		disconnect(checker);
	}
}

static int compare_doubles(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Sorts them. There is at least one. */
static double quantile(struct samples *samples, unsigned percent) {
	qsort(samples->milliseconds, samples->count, sizeof(double), compare_doubles);
	unsigned index = samples->count * percent / 100;
	return samples->milliseconds[index < samples->count ? index : samples->count - 1];
}

static void report(struct checker *checker) {
	printf("checker: %s: %u updates, %u whole frames (%" PRId64 " to %" PRId64
	       "), %u mixed, %u unknown, %u resizes, %u copies, %u faults",
		checker->options.encoding, checker->update_count, checker->frame_count, checker->first,
		checker->newest, checker->mixed_count, checker->unknown_count, checker->resize_count,
		checker->copy_count, checker->fault_count);
	struct samples *latencies = &checker->latencies;
	if (latencies->count)
		printf(", shown to seen ms: median %.1f, p95 %.1f, max %.1f", quantile(latencies, 50),
			quantile(latencies, 95), quantile(latencies, 100));
	putchar('\n');
	struct samples *sizes = &checker->size_latencies;
	if (sizes->count)
		printf("checker: mode set to first whole frame of its size, %u times, ms: median %.1f, max %.1f\n",
			sizes->count, quantile(sizes, 50), quantile(sizes, 100));
}

static int usage(void) {
	fprintf(stderr,
		"usage: checker [option...] ADDR:PORT|PATH\n"
		"  --encoding=LIST   of libvncclient: raw, hextile, zrle, tight (without JPEG), ...\n"
		"  --password=WORD   for vncauth\n"
		"  --pattern=KIND    the server shows its built-in pattern; else scenes of the painter\n"
		"  --log=FILE        the painter's, for the time from paint to viewer\n"
		"  --until=FRAME --updates=N --dark   what to wait for (both last: so many dark ones) ...\n"
		"  --seconds=T       ... and for how long (10)\n"
		"  --size=WxH        the size that the picture must have in the end\n"
		"  --part=WxH+X+Y    the scene is this part of the picture\n"
		"  --columns=N       the picture is N scenes of one size side by side, with one frame\n"
		"  --copies          CopyRect must have come\n"
		"  --plain-size      the viewer knows DesktopSize and not ExtendedDesktopSize\n"
		"  --every           no frame may be left out\n"
		"  --mixed           an update may mix frames: the painter draws in place\n"
		"  --unknown         an update may show something else: status pictures\n"
		"  --ready=FILE      is made when the first whole frame was seen\n"
		"  --save=FILE       the last picture, as PPM\n"
		"  --save-each=FILE  each picture when it comes, as PPM; a reader sees whole ones only\n"
		"  --churn=N --seed=S   join and leave N times\n");
	return 2;
}

static bool parse_size(const char *text, struct options *options) {
	return sscanf(text, "%ux%u", &options->width, &options->height) == 2;
}

static bool parse_part(const char *text, struct options *options) {
	struct rect *part = &options->part;
	return sscanf(text, "%ux%u+%d+%d", &part->width, &part->height, &part->x, &part->y) == 4;
}

/* One option, and where its value goes. Exactly one of the pointers is set. */
struct option_target {
	const char *name;
	const char **text;
	unsigned *number;
	int *integer;
	int64_t *frame;
	double *seconds;
	bool *flag, *flag_too;
	bool (*parse)(const char *text, struct options *options);
};

static bool store(const struct option_target *target, const char *value, struct options *options) {
	if (target->text)
		*target->text = value;
	else if (target->number)
		*target->number = (unsigned)atoi(value);
	else if (target->integer)
		*target->integer = atoi(value);
	else if (target->frame)
		*target->frame = atoll(value);
	else if (target->seconds)
		*target->seconds = atof(value);
	else if (target->flag)
		*target->flag = true;
	else
		return target->parse(value, options);
	if (target->flag_too)
		*target->flag_too = true;
	return true;
}

static bool parse(int argc, char **argv, struct options *options) {
	const struct option_target targets[] = {
		{"encoding", .text = &options->encoding},
		{"password", .text = &options->password},
		{"pattern", .text = &options->pattern},
		{"log", .text = &options->log},
		{"until", .frame = &options->until},
		{"updates", .number = &options->updates},
		{"dark", .flag = &options->dark, .flag_too = &options->unknown},
		{"seconds", .seconds = &options->seconds},
		{"size", .parse = parse_size},
		{"part", .parse = parse_part},
		{"columns", .number = &options->columns},
		{"copies", .flag = &options->copies},
		{"plain-size", .flag = &options->plain_size},
		{"every", .flag = &options->every},
		{"mixed", .flag = &options->mixed},
		{"unknown", .flag = &options->unknown},
		{"ready", .text = &options->ready},
		{"save", .text = &options->save},
		{"save-each", .text = &options->save_each},
		{"churn", .number = &options->churn},
		{"seed", .number = &options->seed},
		{"scene-seed", .integer = &options->scene_seed},
	};
	enum { COUNT = ARRAY_LEN(targets) };
	struct option table[COUNT + 1] = {{0}};
	for (int i = 0; i < COUNT; i++)
		table[i] = (struct option){
			targets[i].name, targets[i].flag ? no_argument : required_argument, NULL, i};
	for (int option; (option = getopt_long(argc, argv, "", table, NULL)) != -1;) {
		if (option < 0 || option >= COUNT || !store(&targets[option], optarg, options))
			return false;
	}
	options->server = argv[optind];
	return optind + 1 == argc && options->columns <= MAX_PARTS;
}

static bool prepare(struct checker *checker) {
	for (int i = 0; i < MAX_PARTS; i++)
		checker->expectations[i] = expectation_create(checker->options.pattern);
	checker->latencies.milliseconds = calloc(MAX_SAMPLES, sizeof(double));
	checker->size_latencies.milliseconds = calloc(MAX_SAMPLES, sizeof(double));
	return checker->expectations[0] && checker->latencies.milliseconds &&
	       checker->size_latencies.milliseconds;
}

static void finish(struct checker *checker) {
	for (int i = 0; i < MAX_PARTS; i++)
		expectation_destroy(checker->expectations[i]);
	free(checker->part_pixels);
	free(checker->latencies.milliseconds);
	free(checker->size_latencies.milliseconds);
}

int main(int argc, char **argv) {
	struct checker checker = {
		.options = {.encoding = "raw", .seconds = 10, .until = -1, .scene_seed = -1},
		.first = -1,
		.newest = -1,
	};
	if (!parse(argc, argv, &checker.options))
		return usage();
	if (!prepare(&checker))
		return usage();
	checker.log = checker.options.log ? paint_log_open(checker.options.log) : NULL;
	rfbClientLog = rfbClientErr = silent;
	signal(SIGPIPE, SIG_IGN);
	srand(checker.options.seed);
	if (checker.options.churn) {
		churn(&checker);
	} else if (connect_to(&checker)) {
		watch(&checker);
		if (checker.options.save)
			save(checker.client, checker.options.save);
		disconnect(&checker);
	} else {
		fault(&checker, "cannot connect to %s", checker.options.server);
	}
	report(&checker);
	finish(&checker);
	return checker.fault_count ? 1 : 0;
}
