// The program of the threads that a worker of the page starts where the page is cross-origin isolated.
import "@attgrad/matrix-core/page-worker";
