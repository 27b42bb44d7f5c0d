package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// newHealthcheck lets a container without a shell or curl check itself.
func newHealthcheck() *cobra.Command {
	return &cobra.Command{
		Use:   "healthcheck URL",
		Short: "Succeed when URL answers 200; for container health checks",
		Long:  "Calls URL and succeeds when it answers 200 within two seconds. It is for images that hold no curl.",
		Example: `  omniflow healthcheck http://127.0.0.1:8080/healthz
  omniflow healthcheck http://127.0.0.1:8080/readyz`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client := &http.Client{Timeout: 2 * time.Second}
			req, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, args[0], nil)
			if err != nil {
				return err
			}
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				return fmt.Errorf("%s answered %s", args[0], resp.Status)
			}
			return nil
		},
	}
}
