// Command bench measures omniflow beside its peers and prints one table of ratios with the bars
// they are held to. All traffic is on 127.0.0.1; every measurement has a redis-server of its own
// with an append-only file, and processes of its own for the service, its peer and the load. Rounds
// of the peers are interleaved and their medians compared, so that a busy machine disturbs all of
// them alike. Every run ends with an accounting check; a run that does not add up is void.
package main
