# SPDX-License-Identifier: GPL-2.0-or-later
# Turns INPUT into a C source OUTPUT that defines SYMBOL[] (terminated by a 0 that SYMBOL_size leaves out).
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT} "#include <stddef.h>
extern const unsigned char ${SYMBOL}[];
extern const size_t ${SYMBOL}_size;
const unsigned char ${SYMBOL}[] = {${bytes}0};
const size_t ${SYMBOL}_size = sizeof ${SYMBOL} - 1;
")
