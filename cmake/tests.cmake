# SPDX-License-Identifier: Apache-2.0
# One ctest test per doctest source file and per script in tests/cli, so that two run side by side.

find_package(doctest REQUIRED)

# Registers each of the sources of a doctest program; a filter that selects no case fails.
function(loom_register_tests program prefix)
  if(NOT TARGET ${program})
    return()
  endif()
  foreach(source IN LISTS ARGN)
    get_filename_component(file ${source} NAME)
    string(REPLACE "_test.cpp" "" module ${file})
    add_test(NAME ${prefix}.${module} COMMAND ${program} --source-file=*/${file})
    set_tests_properties(${prefix}.${module} PROPERTIES TIMEOUT 600 FAIL_REGULAR_EXPRESSION "test cases: +0 ")
  endforeach()
endfunction()

set(test_definitions LOOM_SOURCE_DIR="${CMAKE_SOURCE_DIR}" LOOM_BINARY_DIR="${CMAKE_BINARY_DIR}")
file(GLOB core_test_sources CONFIGURE_DEPENDS tests/*_test.cpp)
loom_executable(core_tests tests/core_main.cpp GLOB tests/*_test.cpp LINK cli report parts suites core doctest::doctest
                DEFINE ${test_definitions})
loom_register_tests(core_tests core ${core_test_sources})
add_test(NAME core.pdflatex COMMAND core_tests "--test-case=*pdflatex takes the tables*")  # so that a skip is seen
set_tests_properties(core.pdflatex PROPERTIES TIMEOUT 600 SKIP_REGULAR_EXPRESSION "skipped: no pdflatex"
  FAIL_REGULAR_EXPRESSION "test cases: +0 ")
add_executable(calibrate EXCLUDE_FROM_ALL tests/calibrate/main.cpp)
target_link_libraries(calibrate PRIVATE core)

file(GLOB benchmark_sources CONFIGURE_DEPENDS tests/bench/*.cpp)
if(LOOM_TORCH)
  file(GLOB engine_test_sources CONFIGURE_DEPENDS tests/engine/*_test.cpp)
  loom_executable(engine_tests tests/engine/main.cpp TORCH GLOB tests/engine/*.cpp
                  LINK architectures parts suites engine doctest::doctest DEFINE ${test_definitions})
  loom_register_tests(engine_tests engine ${engine_test_sources})

  file(GLOB cli_scripts CONFIGURE_DEPENDS tests/cli/*.sh)
  foreach(script IN LISTS cli_scripts)
    get_filename_component(stem ${script} NAME_WE)
    add_test(NAME cli.${stem} COMMAND bash ${script})
    set_tests_properties(cli.${stem} PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77
      ENVIRONMENT "LOOM=${CMAKE_BINARY_DIR}/loom;LOOM_SOURCE_DIR=${CMAKE_SOURCE_DIR};LOOM_NO_BUILD=1")
  endforeach()
  set_tests_properties(cli.report PROPERTIES TIMEOUT 1200)  # a browser opens every reference result

  if(benchmark_sources)
    add_executable(loom_bench EXCLUDE_FROM_ALL ${benchmark_sources})
    target_link_libraries(loom_bench PRIVATE $<LINK_GROUP:RESCAN,engine,architectures> parts suites benchmark::benchmark)
    target_compile_definitions(loom_bench PRIVATE ${test_definitions})
    loom_torch_target(loom_bench)
  endif()
endif()
