/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe: places at which a tracer (bpftrace, perf, SystemTap) can watch the running server, as USDT probes of
 * <sys/sdt.h>. Each is one instruction that does nothing, and a note in the program that says where its
 * arguments are. So arguments must be values that are there anyway. ARCHITECTURE.md lists the probes, since
 * other people's scripts rely on them. Without <sys/sdt.h> there are none. Any thread.
 */
#ifndef ZEROVNC_PROBE_H
#define ZEROVNC_PROBE_H

#ifdef ZEROVNC_PROBES
#include <sys/sdt.h>
#define PROBE1(name, one)             STAP_PROBE1(zerovnc, name, one)
#define PROBE2(name, one, two)        STAP_PROBE2(zerovnc, name, one, two)
#define PROBE3(name, one, two, three) STAP_PROBE3(zerovnc, name, one, two, three)
#else
#define PROBE1(name, one)             ((void)(one))
#define PROBE2(name, one, two)        ((void)(one), (void)(two))
#define PROBE3(name, one, two, three) ((void)(one), (void)(two), (void)(three))
#endif

#endif
