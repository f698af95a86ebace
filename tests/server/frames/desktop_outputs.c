/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which views there are while outputs come and go, and how often the cards are asked. What sysfs and the
 * cards say, and the time, are the test's. */
#include "server/frames/desktop.h"

#include <errno.h>
#include <string.h>

#include "tests/test.h"

static const uint64_t s = 1000000000;

static uint64_t now_ns, fingerprint;
static struct head lit[2]; /* the outputs that are lit */
static size_t lit_count;
static unsigned asked, looked; /* the cards, and sysfs */

uint64_t __wrap_clock_now_ns(void);
uint64_t __wrap_clock_now_ns(void) {
	return now_ns;
}

uint64_t __wrap_heads_fingerprint(const char *root);
uint64_t __wrap_heads_fingerprint(const char *root) {
	(void)root;
	looked++;
	return fingerprint;
}

int __wrap_heads_find(const char *card, const char *outputs, struct head heads[HEADS_MAX], size_t *count,
	struct reason *why);
int __wrap_heads_find(const char *card, const char *outputs, struct head heads[HEADS_MAX], size_t *count,
	struct reason *why) {
	(void)card;
	CHECK(strcmp(outputs, "all") == 0);
	asked++;
	memcpy(heads, lit, sizeof lit);
	*count = lit_count;
	return reason_set(why, lit_count ? 0 : -EAGAIN, "as the test wants it");
}

/* Switches these outputs on, by their numbers, and the others off. */
static void light(int first, int second) {
	lit_count = 0;
	if (first)
		lit[lit_count++] =
			(struct head){.output = "A-1", .card = "/dev/dri/card0", .id = 1, .lit = true};
	if (second)
		lit[lit_count++] =
			(struct head){.output = "A-2", .card = "/dev/dri/card0", .id = 2, .lit = true};
	fingerprint++;
}

static struct desktop desktop;

/* Lets time pass, at sixty beats a second. Counts anew how often the cards and sysfs are asked in it. */
static void pass(uint64_t for_ns) {
	asked = looked = 0;
	for (uint64_t end = now_ns + for_ns; now_ns < end; now_ns += s / 60)
		desktop_follow(&desktop, now_ns);
}

static void begin(void) {
	const struct source_options options = {.kind = SOURCE_KMS, .output = "all"};
	struct reason reason;
	now_ns = 1000 * s;
	light(1, 1);
	CHECK(desktop_create(&desktop, &options, PATH_CPU, 60, true, &reason) == 0 && desktop.count == 2);
	pass(10 * s);
}

static void asks_nobody_on_a_still_screen(void) {
	begin();
	pass(60 * s);
	CHECK_SAY(asked == 0 && looked <= 134 && desktop.count == 2, "%u, %u", asked, looked);
	desktop_follow(&desktop, 0); /* a monitor came or went */
	CHECK(asked == 1);
	desktop_destroy(&desktop);
}

static void follows_what_comes_and_goes(void) {
	begin();
	light(1, 0);
	pass(2 * s);
	CHECK(asked > 0 && desktop.count == 2); /* it may be a mode set */
	pass(3 * s);
	CHECK(desktop.count == 1 && desktop.views[0]->head.id == 1);
	pass(10 * s);
	pass(10 * s);
	CHECK_SAY(asked == 0, "%u", asked);
	light(1, 1);
	pass(s + s / 60);
	CHECK(desktop.count == 2 && desktop.views[1]->head.id == 2);
	desktop_destroy(&desktop);
}

/* What is seen of one output makes a look at the others due at once. */
static void takes_the_views_for_a_sign(void) {
	begin();
	pass(s / 2);
	unsigned before = looked;
	desktop.views[0]->retry_ns = now_ns; /* it went dark */
	desktop_follow(&desktop, now_ns);
	CHECK(looked == before + 1);
	desktop.views[0]->retry_ns = 0;
	desktop_destroy(&desktop);
}

/* The outputs of a desktop that goes to sleep go dark one after the other. Then the cards are left alone,
 * although one was seen dark while another was lit. */
static void lets_the_cards_sleep(void) {
	begin();
	light(0, 1);
	pass(s);
	light(0, 0);
	pass(10 * s);
	CHECK(desktop.count == 2);
	pass(60 * s);
	CHECK_SAY(asked == 0 && desktop.count == 2, "%u", asked);
	light(1, 1);
	pass(2 * s);
	CHECK(asked > 0 && desktop.count == 2);
	pass(10 * s);
	CHECK(desktop.count == 2);
	light(1, 0); /* this one stays dark */
	pass(6 * s);
	CHECK(desktop.count == 1);
	desktop_destroy(&desktop);
}

int main(void) {
	asks_nobody_on_a_still_screen();
	follows_what_comes_and_goes();
	takes_the_views_for_a_sign();
	lets_the_cards_sleep();
	return 0;
}
