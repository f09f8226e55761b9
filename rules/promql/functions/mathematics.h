// Elementary mathematics, value by value.
#pragma once

#include <span>

#include "rules/promql/functions/functions.h"

namespace outrider::rules::promql {

// ValueFunctions without parameters.
double abs_of(double value, std::span<const double> parameters);
double ceil_of(double value, std::span<const double> parameters);
double floor_of(double value, std::span<const double> parameters);
double exp_of(double value, std::span<const double> parameters);
double sqrt_of(double value, std::span<const double> parameters);
double ln_of(double value, std::span<const double> parameters);
double log2_of(double value, std::span<const double> parameters);
double log10_of(double value, std::span<const double> parameters);
double sgn_of(double value, std::span<const double> parameters);
double sin_of(double value, std::span<const double> parameters);
double cos_of(double value, std::span<const double> parameters);
double tan_of(double value, std::span<const double> parameters);
double asin_of(double value, std::span<const double> parameters);
double acos_of(double value, std::span<const double> parameters);
double atan_of(double value, std::span<const double> parameters);
double sinh_of(double value, std::span<const double> parameters);
double cosh_of(double value, std::span<const double> parameters);
double tanh_of(double value, std::span<const double> parameters);
double asinh_of(double value, std::span<const double> parameters);
double acosh_of(double value, std::span<const double> parameters);
double atanh_of(double value, std::span<const double> parameters);
double deg_of(double value, std::span<const double> parameters);
double rad_of(double value, std::span<const double> parameters);

/// To the nearest multiple of the parameter, 1 when there is none; halves go up.
double round_of(double value, std::span<const double> parameters);

/// At least, at most the parameter.
double clamp_min_of(double value, std::span<const double> parameters);
double clamp_max_of(double value, std::span<const double> parameters);

/// clamp(v, min, max): a node, because it gives no element at all when max < min.
VectorPtr make_clamp(CallSite&& site);

}  // namespace outrider::rules::promql
