/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/shortfall.h"

const char shortfall_planes[] = "a video or a window is missing, which the hardware lays over the rest";
