/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/host_names.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* --- names --- */

static bool is_dns_name(const char *name, size_t size) {
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	return size && size < HOST_NAMES_SIZE && strspn(name, good) >= size && name[0] != '.' &&
	       name[size - 1] != '.';
}

static void add_name(struct host_names *names, const char *name, size_t size) {
	if (!is_dns_name(name, size) || names->name_count == HOST_NAMES_MAX)
		return;
	for (size_t i = 0; i < names->name_count; i++)
		if (strlen(names->names[i]) == size && strncasecmp(names->names[i], name, size) == 0)
			return;
	char *place = names->names[names->name_count++];
	memcpy(place, name, size);
	place[size] = 0;
}

/* One line holds an address and its names. If the host's name is among them, those names that extend it by a
 * domain are its own, too. */
static void add_from_line(struct host_names *names, const char *host, char *line) {
	static const char blanks[] = " \t\r\n";
	size_t size = strlen(host);
	bool is_host = false;
	line[strcspn(line, "#")] = 0;
	line += strspn(line, blanks);
	line += strcspn(line, blanks); /* skips the address */
	const char *first = line + strspn(line, blanks);
	for (const char *name = first; *name; name += strspn(name, blanks)) {
		size_t length = strcspn(name, blanks);
		is_host = is_host || (length == size && strncasecmp(name, host, size) == 0);
		name += length;
	}
	for (const char *name = first; is_host && *name; name += strspn(name, blanks)) {
		size_t length = strcspn(name, blanks);
		if (length > size && name[size] == '.' && strncasecmp(name, host, size) == 0)
			add_name(names, name, length);
		name += length;
	}
}

void host_names_add_host(struct host_names *names, const char *host, FILE *hosts) {
	char line[1024], local[HOST_NAMES_SIZE];
	size_t label = strcspn(host, ".");
	add_name(names, host, strlen(host));
	while (hosts && fgets(line, sizeof line, hosts))
		add_from_line(names, host, line);
	add_name(names, host, label);
	if (label < 64 && strncasecmp(host, "localhost", label) != 0) {
		snprintf(local, sizeof local, "%.*s.local", (int)label, host); /* mDNS */
		add_name(names, local, strlen(local));
	}
}

static void read_names(struct host_names *names) {
	char host[HOST_NAMES_SIZE] = "";
	FILE *hosts = fopen("/etc/hosts", "re");
	gethostname(host, sizeof host - 1);
	if (is_dns_name(host, strlen(host)))
		host_names_add_host(names, host, hosts);
	if (hosts)
		fclose(hosts);
	if (names->name_count == HOST_NAMES_MAX)
		names->name_count--; /* there is always room for the last */
	add_name(names, "localhost", strlen("localhost"));
}

/* --- addresses --- */

bool host_address_from(const struct sockaddr *address, struct host_address *result) {
	*result = (struct host_address){0};
	if (address->sa_family == AF_INET) {
		result->size = 4;
		memcpy(result->bytes, &((const struct sockaddr_in *)address)->sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		const struct in6_addr *in6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
		bool mapped = IN6_IS_ADDR_V4MAPPED(in6);
		result->size = mapped ? 4 : 16;
		memcpy(result->bytes, in6->s6_addr + (mapped ? 12 : 0), result->size);
	}
	return result->size > 0;
}

static bool same(const struct host_address *a, const struct host_address *b) {
	return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

static void add_address(struct host_names *names, const struct host_address *address) {
	for (size_t i = 0; i < names->address_count; i++)
		if (same(&names->addresses[i], address))
			return;
	if (names->address_count < HOST_NAMES_MAX_ADDRESSES)
		names->addresses[names->address_count++] = *address;
}

/* Link-local addresses mean nothing without the interface, which a certificate cannot name. */
static bool is_link_local(const struct host_address *address) {
	return address->size == 16 && address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

enum { MAX_TEMPORARY = 64 };
struct temporaries {
	struct host_address list[MAX_TEMPORARY];
	size_t count;
};

/* Temporary addresses (RFC 8981) are replaced every day, and getifaddrs() does not say which ones they
 * are. */
static void read_temporaries(struct temporaries *temporaries) {
	enum { IS_TEMPORARY = 1 }; /* IFA_F_TEMPORARY */
	FILE *file = fopen("/proc/net/if_inet6", "re");
	char hex[33];
	unsigned flags;
	temporaries->count = 0;
	while (file && temporaries->count < MAX_TEMPORARY &&
		fscanf(file, "%32s %*x %*x %*x %x %*s", hex, &flags) == 2) {
		struct host_address *address = &temporaries->list[temporaries->count];
		address->size = 16;
		for (int i = 0; i < 16; i++)
			sscanf(hex + 2 * i, "%2hhx", &address->bytes[i]);
		temporaries->count += flags & IS_TEMPORARY;
	}
	if (file)
		fclose(file);
}

static bool is_temporary(const struct temporaries *temporaries, const struct host_address *address) {
	for (size_t i = 0; i < temporaries->count; i++)
		if (same(&temporaries->list[i], address))
			return true;
	return false;
}

static void read_addresses(struct host_names *names) {
	static const struct host_address loopbacks[] = {{{127, 0, 0, 1}, 4}, {{[15] = 1}, 16}};
	struct temporaries temporaries;
	struct ifaddrs *list = NULL;
	add_address(names, &loopbacks[0]);
	add_address(names, &loopbacks[1]);
	read_temporaries(&temporaries);
	if (getifaddrs(&list))
		return;
	for (const struct ifaddrs *one = list; one; one = one->ifa_next) {
		struct host_address address;
		if (one->ifa_addr && host_address_from(one->ifa_addr, &address) && !is_link_local(&address) &&
			!is_temporary(&temporaries, &address))
			add_address(names, &address);
	}
	freeifaddrs(list);
}

void host_names_read(struct host_names *names) {
	*names = (struct host_names){0};
	read_names(names);
	read_addresses(names);
}
