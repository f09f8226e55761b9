// Asio, compiled once for this module (ASIO_SEPARATE_COMPILATION).
#include <asio/impl/src.hpp>
