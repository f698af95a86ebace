/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/crowd.h"

#include <arpa/inet.h>
#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"

enum { MOST = 300 };

/* This many members each of this many places, whose addresses or uids follow one another. */
struct group {
	const char *base;
	unsigned step, places, each;
};

static struct place key(const char *base, uint32_t offset) {
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	unsigned uid;
	if (sscanf(base, "uid %u", &uid) == 1)
		return place_of_user(uid + offset);
	if (inet_pton(AF_INET, base, &v4.sin_addr) == 1) {
		v4.sin_addr.s_addr = htonl(ntohl(v4.sin_addr.s_addr) + offset);
		return place_of_address((struct sockaddr *)&v4);
	}
	CHECK(inet_pton(AF_INET6, base, &v6.sin6_addr) == 1);
	v6.sin6_addr.s6_addr16[3] = htons((uint16_t)offset); /* the last /64s of this one */
	return place_of_address((struct sockaddr *)&v6);
}

static struct place keys[MOST];
static struct crowd_member list[MOST];

/* Fills in the members of the groups. Later groups have higher ranks. `who` points to the group. */
static size_t gather(const struct group *groups, size_t count) {
	size_t members = 0;
	for (size_t i = 0; i < count && groups[i].base; i++)
		for (unsigned place = 0; place < groups[i].places; place++)
			for (unsigned j = 0; j < groups[i].each; j++) {
				CHECK(members < MOST);
				keys[members] = key(groups[i].base, place * groups[i].step);
				list[members] =
					(struct crowd_member){&keys[members], (void *)&groups[i], members};
				members++;
			}
	return members;
}

static void who_goes(void) {
	static const struct {
		struct group groups[4];
		size_t group, rank; /* the member that has to go */
	} rows[] = {
		{{{"192.0.2.1", 0, 1, 1}}, 0, 0},
		{{{"192.0.2.1", 0, 1, 3}, {"198.51.100.1", 0, 1, 5}}, 1, 3}, /* the oldest member of the place
									      * with the most */
		{{{"192.0.2.1", 0, 1, 3}, {"198.51.100.1", 0, 1, 3}}, 0, 0}, /* the oldest of equals */
		{{{"uid 0", 0, 1, 2}, {"uid 65534", 0, 1, 200}}, 1, 2},
		{{{"192.0.2.1", 0, 1, 4}, {"uid 0", 0, 1, 3}, {"uid 7", 0, 1, 3}}, 0, 0},
		/* one member for each address, but all in one network */
		{{{"192.0.2.1", 0, 1, 2}, {"198.51.100.0", 1, 100, 1}}, 1, 2},
		{{{"192.0.2.1", 0, 1, 2}, {"2001:db8:1::", 1, 250, 1}}, 1, 2},
		/* the place with the most members, within the network with the most members */
		{{{"198.51.100.0", 1, 20, 1}, {"198.51.100.99", 0, 1, 3}, {"192.0.2.1", 0, 1, 9}}, 1, 20},
		{{{"2001:db8:1::", 1, 20, 1}, {"2001:db8:1:ff::", 0, 1, 1}, {"2001:db8:2::", 0, 1, 9}}, 0, 0},
		/* many places that are far from each other, and one place with two members */
		{{{"10.0.0.1", 256, 100, 1}, {"192.0.2.1", 0, 1, 2}}, 1, 100},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t count = gather(rows[i].groups, 4);
		const struct crowd_member *most = crowd_most(list, count);
		CHECK_SAY(most && most->who == &rows[i].groups[rows[i].group] && most->rank == rows[i].rank,
			"row %zu: rank %zu", i, most ? most->rank : 0);
	}
	CHECK(!crowd_most(list, 0));
}

/* How often it is each group's turn, out of a thousand. */
static void whose_turn(void) {
	enum { TURNS = 3000 };
	static const struct {
		struct group groups[3];
		unsigned at_least[3]; /* out of a thousand */
	} rows[] = {
		{{{"192.0.2.1", 0, 1, 1}, {"198.51.100.1", 0, 1, 99}}, {450, 450}},
		{{{"192.0.2.1", 0, 1, 1}, {"10.0.0.0", 256, 250, 1}}, {450, 450}},
		{{{"uid 1000", 0, 1, 1}, {"192.0.2.1", 0, 1, 50}, {"2001:db8::", 1, 200, 1}},
			{300, 300, 300}},
		{{{"2001:db8:2::", 0, 1, 1}, {"2001:db8:1::", 1, 200, 1}}, {450, 450}},
		{{{"uid 1000", 0, 1, 1}, {"uid 1001", 0, 1, 200}}, {450, 450}},
		{{{"192.0.2.9", 0, 1, 1}, {"192.0.2.100", 1, 4, 20}}, {150, 700}},
	};
	uint64_t random = 1;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned turns[3] = {0};
		size_t count = gather(rows[i].groups, 3);
		for (int j = 0; j < TURNS; j++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			const struct crowd_member *next = crowd_turn(list, count, random >> 8);
			turns[(const struct group *)next->who - rows[i].groups]++;
		}
		for (size_t j = 0; j < 3; j++)
			CHECK_SAY(turns[j] * 1000 / TURNS >= rows[i].at_least[j], "row %zu, group %zu: %u", i,
				j, turns[j]);
	}
	CHECK(!crowd_turn(list, 0, 7));
}

int main(void) {
	who_goes();
	whose_turn();
	return 0;
}
