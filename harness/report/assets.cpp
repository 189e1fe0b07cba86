// SPDX-License-Identifier: Apache-2.0
#include "harness/report/assets.h"

// The assembler copies the files in: 840 kB as a literal would cost seconds to compile.
#define LOOM_REPORT_ASSET(name, file)                                                                         \
  asm(".section .rodata\nloom_report_" #name ":\n.incbin \"" LOOM_REPORT_FOLDER file "\"\nloom_report_" #name \
      "_end:\n.previous\n");                                                                                  \
  extern "C" const char loom_report_##name[];                                                                 \
  extern "C" const char loom_report_##name##_end[]

LOOM_REPORT_ASSET(style, "/assets/report.css");
LOOM_REPORT_ASSET(charts, "/assets/charts.js");
LOOM_REPORT_ASSET(page, "/assets/page.js");
LOOM_REPORT_ASSET(vega, "/vendor/vega.min.js");
LOOM_REPORT_ASSET(vega_lite, "/vendor/vega-lite.min.js");
LOOM_REPORT_ASSET(vega_embed, "/vendor/vega-embed.min.js");

namespace loom::report::assets {

std::string_view style() { return {loom_report_style, loom_report_style_end}; }
std::string_view charts() { return {loom_report_charts, loom_report_charts_end}; }
std::string_view page() { return {loom_report_page, loom_report_page_end}; }
std::string_view vega() { return {loom_report_vega, loom_report_vega_end}; }
std::string_view vega_lite() { return {loom_report_vega_lite, loom_report_vega_lite_end}; }
std::string_view vega_embed() { return {loom_report_vega_embed, loom_report_vega_embed_end}; }

}  // namespace loom::report::assets
