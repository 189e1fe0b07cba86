// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// Files that lie in the program and go into every report.
namespace loom::report::assets {

std::string_view style();   // assets/report.css
std::string_view charts();  // assets/charts.js: specs of the charts
std::string_view page();    // assets/page.js: what a reader can do
std::string_view vega();    // vendor/
std::string_view vega_lite();
std::string_view vega_embed();

}  // namespace loom::report::assets
