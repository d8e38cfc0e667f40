package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.spi.DnsRecords;
import java.util.Optional;

/** Who is asked for certificates, and how. */
record AcmeAuthority(AcmeOptions options, AcmeDirectory directory, AcmeVault vault, Optional<DnsRecords> dns) {}
