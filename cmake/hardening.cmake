# SPDX-License-Identifier: GPL-2.0-or-later
# What distributions ask of their programs: no code at known addresses, no function tables that can be written to,
# checked copies, checked stacks. Each is added only if nothing says anything about it: CFLAGS and LDFLAGS, which CMake
# takes from the environment of the first run, CMAKE_C_FLAGS, and the compiler's own defaults.
include(CheckCCompilerFlag)
include(CheckCSourceCompiles)
include(CheckLinkerFlag)

# If there are two levels of optimisation, a compiler takes the last one, which would be that of the build type.
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
if(CMAKE_C_FLAGS MATCHES "(^| )-O[0-9a-z]*( |$)")
    string(REGEX REPLACE "-O[0-9a-z]*" "" CMAKE_C_FLAGS_${build_type} "${CMAKE_C_FLAGS_${build_type}}")
endif()

set(said "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${build_type}}")
set(said_to_linker "${said} ${CMAKE_EXE_LINKER_FLAGS} ${CMAKE_EXE_LINKER_FLAGS_${build_type}}")

# Adds FLAG if nothing that matches PATTERN is set and the compiler knows it.
function(harden flag pattern)
    string(MAKE_C_IDENTIFIER "HAVE${flag}" known)
    if(said MATCHES "${pattern}")
        return()
    endif()
    check_c_compiler_flag(${flag} ${known})
    if(${known})
        add_compile_options(${flag})
    endif()
endfunction()

# Does the same for the linker.
function(harden_link flag pattern)
    string(MAKE_C_IDENTIFIER "HAVE${flag}" known)
    if(said_to_linker MATCHES "${pattern}")
        return()
    endif()
    check_linker_flag(C ${flag} ${known})
    if(${known})
        add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:${flag}>)
    endif()
endfunction()

harden(-fstack-clash-protection "-f(no-)?stack-clash-protection")
harden(-fcf-protection "-fcf-protection")
harden(-mbranch-protection=standard "-mbranch-protection|-msign-return-address")
harden_link(-Wl,-z,relro "-z[ ,]*(-Wl,)?(no)?relro")
harden_link(-Wl,-z,now "-z[ ,]*(-Wl,)?(now|lazy)")

if(NOT said_to_linker MATCHES "(^| )-(f(no-)?(pie|PIE|pic|PIC)|(no-)?pie|static)( |$)")
    check_c_source_compiles("#ifndef __PIE__\n#error\n#endif\nint main(void) { return 0; }" PIE_BY_DEFAULT)
    if(NOT PIE_BY_DEFAULT)
        add_compile_options($<$<NOT:$<IN_LIST:$<TARGET_PROPERTY:TYPE>,MODULE_LIBRARY$<SEMICOLON>SHARED_LIBRARY>>:-fPIE>)
        harden_link(-pie "-pie")
    endif()
endif()

# A sanitizer has checks of its own, with which these would interfere.
if(ZEROVNC_SANITIZE)
    return()
endif()
harden(-fstack-protector-strong "-f(no-)?stack-protector")
if(NOT said MATCHES "_FORTIFY_SOURCE" AND said MATCHES "-O[1-9sgz]")
    set(CMAKE_REQUIRED_FLAGS "-O2 -Werror")
    check_c_source_compiles("#ifndef _FORTIFY_SOURCE\n#error\n#endif\nint main(void) { return 0; }" FORTIFIED_BY_DEFAULT)
    # If the C library does not know level 3, it warns.
    set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -D_FORTIFY_SOURCE=3")
    check_c_source_compiles("#include <string.h>\nint main(void) { return 0; }" HAVE_FORTIFY_3)
    unset(CMAKE_REQUIRED_FLAGS)
    if(NOT FORTIFIED_BY_DEFAULT AND HAVE_FORTIFY_3)
        add_compile_definitions(_FORTIFY_SOURCE=3)
    elseif(NOT FORTIFIED_BY_DEFAULT)
        add_compile_definitions(_FORTIFY_SOURCE=2)
    endif()
endif()
