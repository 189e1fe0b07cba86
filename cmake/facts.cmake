# SPDX-License-Identifier: Apache-2.0
# Target `facts`: digests.json (which sources decide which bits) and facts.json (what loom-worker can build), both read
# by loom at run time from its own folder.

find_program(LOOM_PYTHON NAMES python3 REQUIRED)
get_property(component_lines GLOBAL PROPERTY LOOM_COMPONENTS)
list(JOIN component_lines "\n" component_lines)
file(CONFIGURE OUTPUT generated/components.txt CONTENT "${component_lines}\n" @ONLY)

set(digest_patterns harness/*.h harness/*.cpp architectures/*.h architectures/*.cpp tasks/*.h tasks/*.cpp)
if(LOOM_EXTRA)
  list(APPEND digest_patterns ${LOOM_EXTRA}/*.h ${LOOM_EXTRA}/*.cpp)
  set(digest_extra --extra ${LOOM_EXTRA})
endif()
file(GLOB_RECURSE digested CONFIGURE_DEPENDS ${digest_patterns})
set(digests ${CMAKE_BINARY_DIR}/digests.json)
add_custom_command(
  OUTPUT ${digests} ${LOOM_BUILD_CODE}
  COMMAND ${LOOM_PYTHON} ${CMAKE_SOURCE_DIR}/cmake/code_digest.py --root ${CMAKE_SOURCE_DIR} ${digest_extra}
          --components ${CMAKE_BINARY_DIR}/generated/components.txt --output ${digests}
          --stamp ${LOOM_BUILD_CODE}
  DEPENDS cmake/code_digest.py ${CMAKE_BINARY_DIR}/generated/components.txt ${digested}
  COMMENT "code digests" VERBATIM)
set(fact_files ${digests})

if(TARGET loom-worker)
  set(facts ${CMAKE_BINARY_DIR}/facts.json)
  add_custom_command(
    OUTPUT ${facts}
    COMMAND sh -c [["$0" --facts > "$1.new" && mv -f "$1.new" "$1"]] $<TARGET_FILE:loom-worker> ${facts}
    DEPENDS loom-worker
    COMMENT "facts of all components" VERBATIM)
  list(APPEND fact_files ${facts})
endif()
add_custom_target(facts ALL DEPENDS ${fact_files})
