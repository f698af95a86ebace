/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/rates.h"

#include <math.h>
#include <string.h>

#include "tests/test.h"

enum { SECOND = 1000000000 };

static struct rates *rates;
static uint64_t now = 17;

/* Returns a status some time later. `viewer`: its id; 0: there is none. */
static json_t *add(double seconds, int frames, int viewer, int bytes, int updates) {
	json_t *viewers = json_array();
	if (viewer)
		json_array_append_new(viewers,
			json_pack("{s:i, s:i, s:i}", "id", viewer, "bytes_sent", bytes, "updates", updates));
	json_t *status = json_pack(
		"{s:i, s:i, s:o}", "frames", 2 * frames, "frames_changed", frames, "clients", viewers);
	now += (uint64_t)(seconds * SECOND);
	rates_add(rates, status, now);
	return status;
}

/* NAN: there is none. */
static void check_rates(json_t *status, double changed, double bytes, double updates) {
	const json_t *viewer = json_array_get(json_object_get(status, "clients"), 0);
	const struct {
		const json_t *in;
		const char *key;
		double expected;
	} all[] = {{status, "frames_changed_per_s", changed}, {status, "frames_per_s", 2 * changed},
		{viewer, "bytes_per_s", bytes}, {viewer, "updates_per_s", updates}};
	for (size_t i = 0; i < 4; i++) {
		const json_t *rate = json_object_get(all[i].in, all[i].key);
		bool good =
			isnan(all[i].expected) ? !rate : fabs(json_real_value(rate) - all[i].expected) < 1e-6;
		CHECK_SAY(good, "%s: %g, not %g", all[i].key, json_real_value(rate), all[i].expected);
	}
	json_decref(status);
}

static void check_drawn(uint64_t id, unsigned which, bool blocks, const char *end) {
	char text[RATES_DRAWN];
	rates_draw(rates, id, which, blocks, text);
	size_t length = strlen(text), size = strlen(end);
	CHECK_SAY(length >= size && strcmp(text + length - size, end) == 0, "\"%s\" ends \"%s\"", text, end);
	for (size_t i = 0; i + size < length; i++)
		CHECK_SAY(text[i] == ' ', "\"%s\"", text);
}

int main(void) {
	rates = rates_create();
	check_rates(add(1, 100, 7, 5000, 50), NAN, NAN, NAN);
	check_drawn(7, RATES_BYTES, false, "");
	check_rates(add(1, 130, 7, 6000, 50), 30, 1000, 0);
	check_rates(add(2, 130, 7, 10000, 60), 0, 2000, 5);
	check_drawn(7, RATES_BYTES, false, "+@");
	check_drawn(7, RATES_BYTES, true, "▅█");
	check_drawn(7, RATES_UPDATES, false, "@");
	check_drawn(RATES_WHOLE, RATES_CHANGED, false, "@ ");
	check_rates(add(1, 131, 8, 100, 1), 1, NAN, NAN); /* another viewer */
	check_drawn(7, RATES_BYTES, false, "");
	check_drawn(RATES_WHOLE, RATES_CHANGED, false, "@ .");
	check_rates(add(1, 131, 0, 0, 0), 0, NAN, NAN);
	check_rates(add(1, 5, 8, 1, 1), NAN, NAN, NAN); /* the server has begun anew */
	for (int i = 1; i <= RATES_KEPT + 3; i++)
		check_rates(add(1, 5 + i, 8, i < 4 ? 1 + 1000 * i : 3001 + i - 3, 1), 1, i < 4 ? 1000 : 1, 0);
	check_drawn(8, RATES_BYTES, false, "@@@@@@@@@@@@@@@@@@@@@@@@"); /* what was higher is forgotten */
	rates_destroy(rates);
	rates_destroy(NULL);
	return 0;
}
