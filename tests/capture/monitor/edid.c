/* SPDX-License-Identifier: GPL-2.0-or-later */
/* edid WIDTH HEIGHT: writes an EDID for that size to standard output. The exit status is 2, with the reason,
 * if there can be none. */
#include "capture/monitor/edid.h"

#include "tests/test.h"

int main(int argc, char **argv) {
	uint8_t edid[EDID_SIZE];
	unsigned refresh;
	struct reason reason = {""};
	CHECK(argc == 3);
	if (edid_make((unsigned)atoi(argv[1]), (unsigned)atoi(argv[2]), edid, &refresh, &reason) != 0) {
		puts(reason.text);
		return 2;
	}
	fprintf(stderr, "%u Hz\n", refresh);
	return fwrite(edid, sizeof edid, 1, stdout) != 1;
}
