// The calendar, in UTC: what a number of seconds since 1970 says of its day. Fractions are cut off towards 0; what 64
// bits do not hold, NaN and infinity among it, is the day on which they end, as in Prometheus on amd64.
#pragma once

#include <span>

namespace outrider::rules::promql {

// ValueFunctions without parameters.
double year_of(double value, std::span<const double> parameters);
double month_of(double value, std::span<const double> parameters);          ///< 1 to 12
double day_of_month_of(double value, std::span<const double> parameters);   ///< 1 to 31
double day_of_week_of(double value, std::span<const double> parameters);    ///< 0 to 6, 0 is Sunday
double day_of_year_of(double value, std::span<const double> parameters);    ///< 1 to 366
double days_in_month_of(double value, std::span<const double> parameters);  ///< 28 to 31
double hour_of(double value, std::span<const double> parameters);           ///< 0 to 23
double minute_of(double value, std::span<const double> parameters);         ///< 0 to 59

}  // namespace outrider::rules::promql
