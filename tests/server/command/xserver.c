/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which command lines of X servers lack a virtual terminal, and where it goes. */
#include "server/command/xserver.h"

#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"

enum { WORDS = 12 };

static void split(char *text, char **words) {
	size_t count = 0;
	for (char *word; (word = strsep(&text, " "));)
		words[count++] = word;
	words[count] = NULL;
}

int main(void) {
	static const struct {
		const char *command;
		bool is, lacks, last;
	} table[] = {
		{"sway", false, false, false},
		{"/opt/Xorg.d/sway -- x", false, false, true},
		{"Xorg", true, true, true},
		{"/usr/bin/X :0 -noreset", true, true, true},
		{"Xorg :0 vt7 -keeptty", true, false, true},
		{"xinit", true, true, false},
		{"xinit /usr/bin/xterm -e vtty", true, true, false},
		{"/usr/bin/xinit ./session -- /usr/bin/Xorg :0", true, true, true},
		{"xinit ./session -- :0 vt12", true, false, true},
		{"startx", true, false, false},
		{"startx ./session -- :1", true, false, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		char text[128], *words[WORDS];
		snprintf(text, sizeof text, "%s", table[i].command);
		split(text, words);
		CHECK_SAY(xserver_is(words[0]) == table[i].is, "%s", table[i].command);
		CHECK_SAY(xserver_lacks_terminal(words) == table[i].lacks, "%s", table[i].command);
		CHECK_SAY(xserver_is_last(words) == table[i].last, "%s", table[i].command);
	}
	return 0;
}
