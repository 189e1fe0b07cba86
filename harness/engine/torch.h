// SPDX-License-Identifier: Apache-2.0
// The one list of LibTorch headers, and the precompiled header: tensors and autograd, no torch::nn, no torch::optim.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/api/include/torch/types.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/grad_mode.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>
