# SPDX-License-Identifier: GPL-2.0-or-later
# What tests run with under a sanitizer: a finding is a failure, an allocation too large to be had is NULL as elsewhere, and the
# threads inside of a software GL library are that library's matter. tests/harness.sh says the same to scripts.
set(ZEROVNC_TEST_ENVIRONMENT
    ASAN_OPTIONS=allocator_may_return_null=1
    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    TSAN_OPTIONS=allocator_may_return_null=1:halt_on_error=1:suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp)

set(ZEROVNC_TEST_TIMEOUT 120)
if(ZEROVNC_SANITIZE)
    set(ZEROVNC_TEST_TIMEOUT 600) # ten times slower, and on a busy machine
endif()

# zerovnc_test(NAME LIBRARY SOURCE...): a unit test under ctest; exit status 77 is a skip, which says why and is never a pass.
function(zerovnc_test name library)
    add_executable(test_${name} ${ARGN})
    target_link_libraries(test_${name} PRIVATE ${library})
    target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR})
    add_test(NAME ${name} COMMAND test_${name})
    set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${ZEROVNC_TEST_TIMEOUT} ENVIRONMENT "${ZEROVNC_TEST_ENVIRONMENT}")
endfunction()
