# SPDX-License-Identifier: GPL-2.0-or-later
# What every target of the tree is compiled with.
# A dumb buffer is mapped at an offset beyond 4 GiB, on 32-bit machines too.
add_compile_definitions(_GNU_SOURCE _FILE_OFFSET_BITS=64 ZEROVNC_VERSION="${PROJECT_VERSION}")
# A parameter that nothing reads may be a header that says what is not so. Callbacks, rows of tables and fakes mark theirs:
# (void)name. What another library's headers bring is not looked at.
add_compile_options(-Wall -Wextra -Wmissing-prototypes -Wvla -Wshadow -Wconversion)
if(ZEROVNC_WERROR)
    add_compile_options(-Werror)
endif()
if(ZEROVNC_SANITIZE)
    # A sanitizer's checks hide from the compiler how long a string can be.
    add_compile_options(-fsanitize=${ZEROVNC_SANITIZE} -fno-omit-frame-pointer -g -Wno-format-truncation)
    add_link_options(-fsanitize=${ZEROVNC_SANITIZE})
endif()
include(hardening)

# zerovnc_embed(TARGET FILE SYMBOL): FILE's bytes become `const unsigned char SYMBOL[]` and `const size_t SYMBOL_size`.
function(zerovnc_embed target file symbol)
    get_filename_component(absolute ${file} ABSOLUTE)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
    add_custom_command(
        OUTPUT ${source}
        COMMAND ${CMAKE_COMMAND} -DINPUT=${absolute} -DOUTPUT=${source} -DSYMBOL=${symbol} -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
        DEPENDS ${absolute} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
        VERBATIM)
    target_sources(${target} PRIVATE ${source})
endfunction()
