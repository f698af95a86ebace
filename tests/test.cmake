# SPDX-License-Identifier: GPL-2.0-or-later
# The environment of tests under a sanitizer. A finding is a failure. An allocation that is too large returns NULL, as
# it does without a sanitizer. Races inside a software GL library are ignored. tests/harness.sh sets the same for
# scripts.
set(ZEROVNC_TEST_ENVIRONMENT
    ASAN_OPTIONS=allocator_may_return_null=1
    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    TSAN_OPTIONS=allocator_may_return_null=1:halt_on_error=1:suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp)

set(ZEROVNC_TEST_TIMEOUT 120)
if(ZEROVNC_SANITIZE)
    set(ZEROVNC_TEST_TIMEOUT 600) # sanitizers are ten times slower, and the machine may be busy
endif()

# zerovnc_test(NAME LIBRARY SOURCE...): adds a unit test to ctest. Exit status 77 is a skip: the test says why, and
# does not count as passed.
function(zerovnc_test name library)
    add_executable(test_${name} ${ARGN})
    target_link_libraries(test_${name} PRIVATE ${library})
    target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR})
    add_test(NAME ${name} COMMAND test_${name})
    set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${ZEROVNC_TEST_TIMEOUT} ENVIRONMENT "${ZEROVNC_TEST_ENVIRONMENT}")
endfunction()
